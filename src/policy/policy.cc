#include "policy/policy.h"

namespace weir::policy {

Duration Policy::clock_skew() const {
  if (max_clock_skew) return *max_clock_skew;
  return std::holds_alternative<MemoryStore>(store) ? Duration::zero() : kDynamoDbClockSkew;
}

Duration Policy::decision_error() const {
  const auto* shared = std::get_if<DynamoDbStore>(&store);
  return clock_skew() + (shared == nullptr ? Duration::zero() : shared->budget / 2);
}

}  // namespace weir::policy
