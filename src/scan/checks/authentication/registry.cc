#include <array>

#include "scan/checks/authentication/checks.h"

namespace weir::scan::authentication {

std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {kAuthNotEnforced,         kAuthMethodBypass,
                                     kAuthPathBypass,          kJwtSignatureNotVerified,
                                     kJwtAlgNoneAccepted,      kJwtWeakSecret,
                                     kJwtExpiredAccepted,      kJwtWeakClaims,
                                     kCredentialInUrlAccepted, kMissingWwwAuthenticate};
  return kChecks;
}

}  // namespace weir::scan::authentication
