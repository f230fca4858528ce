// The checks of the category inventory, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::inventory {

extern const SurfaceCheck kServerFingerprint;
extern const SurfaceCheck kDocumentedButGone;
extern const SurfaceCheck kDeprecatedWithoutSunset;
extern const SurfaceCheck kOldVersionLive;
extern const SurfaceCheck kUndocumentedOperation;
extern const SurfaceCheck kDebugEndpointExposed;
extern const SurfaceCheck kMetricsExposed;
extern const SurfaceCheck kSpecExposed;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::inventory
