// ddb-retry-double-count: the SDK repeats an increment whose first attempt may have been carried
// out.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

struct Group {
  std::string attribute;
  std::size_t twice = 0;
  std::vector<std::size_t> operations;
};

// No answer, or one that does not say that nothing was done.
bool may_have_been_done(const Operation& operation) {
  return operation.succeeded() || operation.status == 0 || operation.status >= 500;
}

}  // namespace

std::vector<Finding> find_retry_double_count(const Ledger& ledger) {
  std::map<std::string, Group> groups;
  for (const History& item : ledger.items) {
    std::map<std::string, Touch> attempts;  // of each call of the SDK: its latest attempt
    for (const Write& write : item.writes) {
      const Operation& operation = ledger.operation(write.touch);
      if (write.kind != Write::Kind::increment || operation.invocation.empty()) continue;
      const auto [found, is_first] = attempts.emplace(operation.invocation, write.touch);
      const Touch earlier = std::exchange(found->second, write.touch);
      if (is_first || earlier.operation == write.touch.operation || operation.attempt < 2 ||
          !operation.succeeded() || !may_have_been_done(ledger.operation(earlier))) {
        continue;
      }
      Group& group = groups[shape_of(ledger, write.touch)];
      group.attribute = write.attribute;
      ++group.twice;
      group.operations.push_back(earlier.operation);
      group.operations.push_back(write.touch.operation);
    }
  }
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    found.push_back(finding(
        scan::Confidence::firm, shape,
        fmt::format("{} times the SDK repeated an increment of {} whose earlier attempt had no "
                    "answer or a 5xx: if it was carried out, one request counted twice",
                    group.twice, group.attribute),
        group.operations,
        fmt::format("TransactWriteItems with a ClientRequestToken, or no retries for this call: "
                    "botocore Config(retries={{\"total_max_attempts\": 1}}); or a condition that "
                    "the repeat fails, such as last_request <> :this_request beside ADD {} :one",
                    group.attribute)));
  }
  return found;
}

}  // namespace weir::tap
