// ddb-client-clock-coarse: whole seconds, where the window is a few of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"
#include "tap/times.h"

namespace weir::tap {
namespace {

constexpr double kFewSeconds = 10;

struct Group {
  std::string attribute;
  double window_s = 0;
  std::size_t read = 0;
  std::vector<std::size_t> operations;
};

}  // namespace

std::vector<Finding> find_client_clock_coarse(const Ledger& ledger) {
  std::map<std::string, Group> groups;
  for (const History& item : ledger.items) {
    for (const Write& write : item.writes) {
      const Time at = ledger.operation(write.touch).at;
      for (const auto& [attribute, value] : write.touch.access->item) {
        const double number = value.type == "N" ? value.number().value_or(0) : 0;
        const double ahead = seconds_ahead(number, at);
        const bool whole_seconds = number < 1e11 && number == std::floor(number);
        if (!whole_seconds || ahead <= 0 || ahead > kFewSeconds) continue;
        // A time that nobody reads decides nothing.
        const auto read = static_cast<std::size_t>(std::count_if(
            item.touches.begin(), item.touches.end(), [&name = attribute](const Touch& touch) {
              return touch.access->is_read() && touch.access->seen.contains(name);
            }));
        if (read < kHabit) continue;
        Group& group = groups[shape_of(ledger, write.touch)];
        group.attribute = attribute;
        group.window_s = std::max(group.window_s, std::ceil(ahead));
        group.read = std::max(group.read, read);
        group.operations.push_back(write.touch.operation);
      }
    }
  }
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    found.push_back(finding(
        scan::Confidence::firm, shape,
        fmt::format("{} was written in whole seconds, at most {:g} s ahead, and read {} times: the "
                    "window ends up to a second early, {:.0f} % of it",
                    group.attribute, group.window_s, group.read, 100 / group.window_s),
        group.operations,
        fmt::format("write {} in milliseconds, and keep an attribute of its own in seconds for the "
                    "table's TTL",
                    group.attribute)));
  }
  return found;
}

}  // namespace weir::tap
