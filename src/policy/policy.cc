#include "policy/policy.h"

namespace weir::policy {

Duration Policy::clock_skew() const {
  if (max_clock_skew) return *max_clock_skew;
  if (std::holds_alternative<DynamoDbStore>(store)) return kDynamoDbClockSkew;
  return std::holds_alternative<SharedStore>(store) ? kSharedClockSkew : Duration::zero();
}

bool Policy::leases(const Rule& rule) const {
  const auto* dynamodb = std::get_if<DynamoDbStore>(&store);
  return dynamodb != nullptr && dynamodb->leases && rule.algorithm == Algorithm::exact;
}

Duration Policy::store_budget() const {
  if (const auto* dynamodb = std::get_if<DynamoDbStore>(&store)) return dynamodb->budget;
  if (const auto* shared = std::get_if<SharedStore>(&store)) return shared->budget;
  return std::chrono::milliseconds(250);  // memory: nothing waits for it
}

Duration Policy::decision_error() const {
  const bool waits = !std::holds_alternative<MemoryStore>(store);
  return clock_skew() + (waits ? store_budget() / 2 : Duration::zero());
}

}  // namespace weir::policy
