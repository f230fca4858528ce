// The checks of the category transport, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::transport {

extern const SurfaceCheck kPlaintextHttp;
extern const SurfaceCheck kTlsOldVersion;
extern const SurfaceCheck kTlsCertificate;
extern const SurfaceCheck kHstsMissing;
extern const SurfaceCheck kCookieFlags;
extern const SurfaceCheck kHttpLinks;
extern const SurfaceCheck kSecretInQuery;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::transport
