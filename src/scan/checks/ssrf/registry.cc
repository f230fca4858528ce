#include <array>

#include "scan/checks/ssrf/checks.h"

namespace weir::scan::ssrf {

// The first one finds the place that the next three use.
std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {kSsrfCallbackConfirmed, kSsrfResponseReadable,
                                     kSsrfRedirectFollowed, kSsrfCredentialsForwarded,
                                     kOpenRedirect};
  return kChecks;
}

}  // namespace weir::scan::ssrf
