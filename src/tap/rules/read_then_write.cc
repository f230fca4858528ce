// ddb-read-then-write: a counter is read, then written, without a condition on what was read.
#include <fmt/format.h>

#include <map>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

using Kind = Write::Kind;

struct Group {
  std::string attribute;
  bool is_list = false;
  std::size_t raised = 0;   // read, then one more
  std::size_t started = 0;  // read, then begun anew
  std::size_t lost = 0;     // written on top of a value that another write had raised already
  std::vector<std::size_t> operations;
  std::vector<std::size_t> lost_operations;
};

bool is_guarded(const Ledger& ledger, const Write& write) {
  const Access& access = *write.touch.access;
  if (compares(access, ledger.operation(write.touch).at)) return true;
  if (write.kind == Kind::increment) return shows_new_value(access);
  // "Only if there is none", or only if that one is over, holds for whoever begins the count.
  const bool begins = write.kind == Kind::reset || !write.shown;
  return begins && access.condition.has_value();
}

// The read is what the same connection did right before: that it decided is then plain.
bool follows_directly(const Ledger& ledger, const Write& write) {
  return write.read && ledger.before(write.touch.operation) == write.read->operation;
}

bool succeeded(const Ledger& ledger, const Write& write) {
  return ledger.operation(write.touch).succeeded();
}

// Both read the same, and both wrote one more.
bool overwrites(const Ledger& ledger, const Write& earlier, const Write& later) {
  return earlier.kind == Kind::derived && later.kind == Kind::derived &&
         earlier.attribute == later.attribute && earlier.value == later.value &&
         earlier.read->operation != later.read->operation &&
         ledger.operation(*later.read).at < ledger.operation(earlier.touch).ended();
}

std::size_t counting_writes(const History& item) {
  std::size_t count = 0;
  for (const Write& write : item.writes) count += write.kind != Kind::reset ? 1 : 0;
  return count;
}

void add(const Ledger& ledger, const History& item, std::map<std::string, Group>& groups) {
  const bool is_limiter = counting_writes(item) >= kHabit;
  for (std::size_t i = 0; i < item.writes.size(); ++i) {
    const Write& write = item.writes[i];
    if (!write.read || is_guarded(ledger, write) || !succeeded(ledger, write)) continue;
    const bool raises = write.kind == Kind::derived ||
                        (write.kind == Kind::increment && follows_directly(ledger, write));
    const bool starts = write.kind == Kind::reset && is_limiter && follows_directly(ledger, write);
    if (!raises && !starts) continue;
    Group& group = groups[shape_of(ledger, write.touch)];
    group.attribute = write.attribute;
    group.is_list = write.is_list();
    // A first write of 1 raises and starts: of those alone there is no habit.
    const bool is_start = starts || !write.shown;
    group.raised += is_start ? 0 : 1;
    group.started += is_start && is_limiter ? 1 : 0;
    group.operations.push_back(write.read->operation);
    group.operations.push_back(write.touch.operation);
    if (i > 0 && overwrites(ledger, item.writes[i - 1], write)) {
      ++group.lost;
      for (const Write* one : {&item.writes[i - 1], &write}) {
        group.lost_operations.push_back(one->read->operation);
        group.lost_operations.push_back(one->touch.operation);
      }
    }
  }
}

}  // namespace

std::vector<Finding> find_read_then_write(const Ledger& ledger) {
  std::map<std::string, Group> groups;
  for (const History& item : ledger.items) add(ledger, item, groups);
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    const std::string& attribute = group.attribute;
    const std::string increment = bounded_increment(attribute, group.is_list);
    if (group.lost > 0) {
      found.push_back(finding(
          scan::Confidence::confirmed, shape,
          fmt::format("{} was read and then written without a condition, and {} times two who had "
                      "read the same both wrote one more: one of them was not counted",
                      attribute, group.lost),
          group.lost_operations, increment));
    } else if (group.raised + group.started >= kHabit && group.raised > 0) {
      found.push_back(finding(
          scan::Confidence::firm, shape,
          fmt::format("{} was read and then raised {} times without a condition on what was read: "
                      "of requests that arrive together all read the same, and all pass",
                      attribute, group.raised),
          group.operations, increment));
    } else if (group.started > 0) {
      found.push_back(finding(
          scan::Confidence::tentative, shape,
          fmt::format(
              "after a read the count in {} was begun {} times without a condition: requests "
              "that arrive together all begin it, and count as one",
              attribute, group.started),
          group.operations,
          fmt::format("begin it under ConditionExpression \"attribute_not_exists({0}) OR "
                      "expires <= :now\", and whoever fails goes on with {1}",
                      attribute, increment)));
    }
  }
  return found;
}

}  // namespace weir::tap
