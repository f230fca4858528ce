// ddb-refusal-writes: whoever was told that there is no room asks by a write again, and again.
#include <fmt/format.h>

#include <map>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

constexpr const char* kFailed = "ConditionalCheckFailedException";

// A run of the very same write by one connection that fails each time. Another value would be
// another question, and another connection may not have been told.
struct Run {
  const Access* access = nullptr;
  std::vector<std::size_t> operations;
};

struct Group {
  std::string attribute;
  std::size_t failed = 0;
  std::vector<std::size_t> longest;
};

}  // namespace

std::vector<Finding> find_refusal_writes(const Ledger& ledger) {
  std::map<std::string, Group> groups;
  for (const History& item : ledger.items) {
    std::map<std::uint64_t, Run> runs;
    for (const Write& write : item.writes) {
      if (write.kind != Write::Kind::increment) continue;
      const Operation& operation = ledger.operation(write.touch);
      Run& run = runs[operation.connection];
      if (!run.operations.empty() && run.operations.back() == write.touch.operation) continue;
      const bool same = run.access != nullptr && run.access->values == write.touch.access->values &&
                        run.access->condition == write.touch.access->condition &&
                        run.access->update == write.touch.access->update;
      if (!same || operation.error != kFailed) run = {write.touch.access, {}};
      if (operation.error != kFailed) continue;
      run.operations.push_back(write.touch.operation);
      Group& group = groups[shape_of(ledger, write.touch)];
      group.attribute = write.attribute;
      ++group.failed;
      if (run.operations.size() > group.longest.size()) group.longest = run.operations;
    }
  }
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    if (group.longest.size() < kHabit) continue;
    found.push_back(finding(
        scan::Confidence::firm, shape,
        fmt::format("{} writes failed their condition, {} of them the same write by one connection "
                    "in a row: each refusal costs a write unit",
                    group.failed, group.longest.size()),
        group.longest,
        fmt::format("remember on the machine until when a key is refused, and answer from there; "
                    "ReturnValuesOnConditionCheckFailure ALL_OLD shows {} and when it ends",
                    group.attribute)));
  }
  return found;
}

}  // namespace weir::tap
