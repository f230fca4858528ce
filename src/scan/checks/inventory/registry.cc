#include <array>

#include "scan/checks/inventory/checks.h"

namespace weir::scan::inventory {

std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {
      kServerFingerprint,     kDocumentedButGone,    kDeprecatedWithoutSunset, kOldVersionLive,
      kUndocumentedOperation, kDebugEndpointExposed, kMetricsExposed,          kSpecExposed};
  return kChecks;
}

}  // namespace weir::scan::inventory
