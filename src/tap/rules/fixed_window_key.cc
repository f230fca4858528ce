// ddb-fixed-window-key: the key of a counter holds the number of a window of the clock.
#include <fmt/format.h>

#include <map>
#include <set>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

struct Group {
  std::string shape;
  std::set<std::int64_t> numbers;
  std::vector<std::size_t> operations;
};

}  // namespace

std::vector<Finding> find_fixed_window_key(const Ledger& ledger) {
  // By table, attribute of the key and window. A number that only looks like a window's does not
  // change with the clock, and so falls out of its group.
  std::map<std::tuple<std::string, std::string, std::int64_t>, Group> groups;
  for (const History& item : ledger.items) {
    for (const Write& write : item.writes) {
      const auto window = key_window(item.key, ledger.operation(write.touch).at);
      if (!window) continue;
      Group& group = groups[{item.table, window->attribute, window->window_s}];
      group.shape = shape_of(ledger, write.touch);
      group.numbers.insert(window->number);
      group.operations.push_back(write.touch.operation);
    }
  }
  std::vector<Finding> found;
  for (const auto& [where, group] : groups) {
    const auto& [table, attribute, window_s] = where;
    if (group.operations.size() < kHabit) continue;
    const bool changed = group.numbers.size() > 1;
    found.push_back(finding(
        changed ? scan::Confidence::firm : scan::Confidence::tentative, group.shape,
        fmt::format("{} held {} in {} counting writes, the number of the present window of {} s: "
                    "at each of its edges another counter begins, and twice the limit passes",
                    attribute,
                    changed
                        ? fmt::format("{} and {}", *group.numbers.begin(), *group.numbers.rbegin())
                        : std::to_string(*group.numbers.begin()),
                    group.operations.size(), window_s),
        group.operations,
        fmt::format("one item for each identity, key {} without the number, and the times of what "
                    "was admitted in it: begin a slot and drop those older than the window in one "
                    "UpdateExpression, under a ConditionExpression on their sum",
                    attribute)));
  }
  return found;
}

}  // namespace weir::tap
