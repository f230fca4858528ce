// The checks of the category ssrf, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::ssrf {

extern const SurfaceCheck kSsrfCallbackConfirmed;
extern const SurfaceCheck kSsrfResponseReadable;
extern const SurfaceCheck kSsrfRedirectFollowed;
extern const SurfaceCheck kSsrfCredentialsForwarded;
extern const SurfaceCheck kOpenRedirect;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::ssrf
