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
      kKeyInjection,
      kNoLimit,
      kBoundaryBurst,
      kConcurrentOverrun,
      kLimitAsError,
      kMissingRetryAfter,
      kMisleadingRetryAfter,
  });
  return kChecks;
}

}  // namespace weir::scan
