#include <array>

#include "scan/checks/rate_limiting/checks.h"

namespace weir::scan {

std::span<const Check> rate_limiting_checks() {
  using namespace rate_limiting;
  // Those that need the refusal come first: the limit is used up anyway while its window lasts.
  static const auto kChecks = std::to_array<Check>({
      kSpoofedClientAddress,
      kIdentifierRotation,
      kPathVariant,
      kKeyVariant,
      kInjectionLiftsLimit,
      kMethodVariant,
      kVersionAlias,
      kProtocolVariant,
      kKeyInjection,
      kNoLimit,
      kBoundaryBurst,
      kConcurrentOverrun,
      kLimitAsError,
      kMissingRetryAfter,
      kMisleadingRetryAfter,
      kHeadersDishonest,
      kDeclaredNotEnforced,
      // These use the quota up, or wait for room. What failing stores do (fail-open,
      // fail-closed-as-refusal) is to follow them: it may leave the target degraded.
      kRefusalsCost,
      kVictimLockout,
      kUnboundedPageSize,
      kBatchAmplification,
      kSensitiveFlowUnlimited,
  });
  return kChecks;
}

}  // namespace weir::scan
