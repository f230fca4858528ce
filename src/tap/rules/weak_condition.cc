// ddb-weak-condition and ddb-unconditional-increment: increments that nothing bounds.
#include <fmt/format.h>

#include <map>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

struct Group {
  std::string attribute;
  std::vector<std::size_t> operations;
};

// Increments that were carried out, although the condition, if there is one, holds nothing against
// anything.
template <class Wanted>
std::map<std::string, Group> unbounded(const Ledger& ledger, Wanted wanted) {
  std::map<std::string, Group> groups;
  for (const History& item : ledger.items) {
    for (const Write& write : item.writes) {
      const Access& access = *write.touch.access;
      if (write.kind != Write::Kind::increment || !ledger.operation(write.touch).succeeded()) {
        continue;
      }
      const bool bounded = compares(access, ledger.operation(write.touch).at);
      if (bounded || !wanted(item, access)) continue;
      Group& group = groups[shape_of(ledger, write.touch)];
      group.attribute = write.attribute;
      if (group.operations.empty() || group.operations.back() != write.touch.operation) {
        group.operations.push_back(write.touch.operation);
      }
    }
  }
  return groups;
}

}  // namespace

std::vector<Finding> find_weak_condition(const Ledger& ledger) {
  const auto groups = unbounded(ledger, [](const History&, const Access& access) {
    return access.condition.has_value() && !shows_new_value(access);
  });
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    if (group.operations.size() < kHabit) continue;
    found.push_back(finding(
        scan::Confidence::firm, shape,
        fmt::format("{} was raised {} times under a condition that compares it with nothing: it "
                    "rises without end",
                    group.attribute, group.operations.size()),
        group.operations, bounded_increment(group.attribute)));
  }
  return found;
}

std::vector<Finding> find_unconditional_increment(const Ledger& ledger) {
  const auto groups = unbounded(ledger, [&](const History& item, const Access& access) {
    return shows_new_value(access) && (is_windowed(ledger, item) || expires(ledger, item));
  });
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    if (group.operations.size() < kHabit) continue;
    found.push_back(finding(
        scan::Confidence::firm, shape,
        fmt::format("{} was raised {} times without a bound, for its new value to be looked at "
                    "afterwards: what is refused counts, and costs a write",
                    group.attribute, group.operations.size()),
        group.operations, bounded_increment(group.attribute)));
  }
  return found;
}

}  // namespace weir::tap
