// The checks of the category authentication, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::authentication {

extern const SurfaceCheck kAuthNotEnforced;
extern const SurfaceCheck kAuthMethodBypass;
extern const SurfaceCheck kAuthPathBypass;
extern const SurfaceCheck kJwtSignatureNotVerified;
extern const SurfaceCheck kJwtAlgNoneAccepted;
extern const SurfaceCheck kJwtWeakSecret;
extern const SurfaceCheck kJwtExpiredAccepted;
extern const SurfaceCheck kJwtWeakClaims;
extern const SurfaceCheck kCredentialInUrlAccepted;
extern const SurfaceCheck kMissingWwwAuthenticate;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::authentication
