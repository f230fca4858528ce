#include <array>

#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {

std::span<const SurfaceCheck> checks() {
  static const std::array<SurfaceCheck, 7> kChecks = {
      kPlaintextHttp, kTlsOldVersion, kTlsCertificate, kHstsMissing,
      kCookieFlags,   kHttpLinks,     kSecretInQuery};
  return kChecks;
}

}  // namespace weir::scan::transport
