// ddb-eventual-read: a read that may be stale decides. It does where the write that follows it for
// low counts does not follow for the highest.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

struct Group {
  std::string attribute;
  double highest_passed = -1;                                  // the count was seen, and raised
  double lowest_stopped = std::numeric_limits<double>::max();  // it was seen, and nothing followed
  std::vector<std::size_t> passed;
  std::vector<std::size_t> stopped;
};

// The write of the attribute that this connection made of the item right after the read.
const Write* write_after(const Ledger& ledger, const History& item, std::size_t read,
                         const std::string& attribute) {
  const auto next = ledger.after(read);
  for (const Write& write : item.writes) {
    if (next && write.touch.operation == *next && write.attribute == attribute) return &write;
  }
  return nullptr;
}

}  // namespace

std::vector<Finding> find_eventual_read(const Ledger& ledger) {
  std::map<std::pair<std::string, std::string>, Group> groups;
  for (const History& item : ledger.items) {
    std::vector<std::string> attributes;
    for (const Write& write : item.writes) attributes.push_back(write.attribute);
    std::sort(attributes.begin(), attributes.end());
    attributes.erase(std::unique(attributes.begin(), attributes.end()), attributes.end());
    for (const Touch& touch : item.touches) {
      const Access& access = *touch.access;
      if (access.kind != Access::Kind::get || access.consistent || access.unread) continue;
      for (const std::string& attribute : attributes) {
        const auto seen = access.seen.find(attribute);
        const auto count = seen == access.seen.end() ? std::nullopt : seen->second.number();
        if (!count) continue;
        // One group for each kind of item: what else is written to it tells them apart.
        const std::string kind = shape_of(ledger, item.writes.back().touch);
        Group& group = groups[{shape_of(ledger, touch), kind}];
        group.attribute = attribute;
        const Write* write = write_after(ledger, item, touch.operation, attribute);
        if (write == nullptr) {
          group.lowest_stopped = std::min(group.lowest_stopped, *count);
          group.stopped.push_back(touch.operation);
        } else if (write->kind != Write::Kind::reset) {
          group.highest_passed = std::max(group.highest_passed, *count);
          group.passed.push_back(touch.operation);
        }
      }
    }
  }
  std::vector<Finding> found;
  for (const auto& [shapes, group] : groups) {
    if (group.stopped.size() < kHabit || group.passed.size() < kHabit ||
        group.lowest_stopped <= group.highest_passed) {
      continue;
    }
    std::vector<std::size_t> named(group.passed.end() - kHabit, group.passed.end());
    named.insert(named.end(), group.stopped.begin(), group.stopped.begin() + kHabit);
    found.push_back(finding(
        scan::Confidence::tentative, shapes.first,
        fmt::format("{} times the item was read without ConsistentRead and then written as long as "
                    "{} was at most {:g}; {} times it was {:g} or more, and no write followed",
                    group.passed.size(), group.attribute, group.highest_passed,
                    group.stopped.size(), group.lowest_stopped),
        named,
        fmt::format("let the write decide: {}; where a read has to, ConsistentRead true",
                    bounded_increment(group.attribute))));
  }
  return found;
}

}  // namespace weir::tap
