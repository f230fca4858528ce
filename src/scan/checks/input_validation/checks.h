// The checks of the category input-validation, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::input_validation {

extern const SurfaceCheck kContentTypeConfusion;
extern const SurfaceCheck kCorsReflectWithCredentials;
extern const SurfaceCheck kCorsNullOrSuffix;
extern const SurfaceCheck kForwardedHostReflected;
extern const SurfaceCheck kReflectedInputHtml;
extern const SurfaceCheck kHeaderInjection;
extern const SurfaceCheck kErrorDifferentialInjection;
extern const SurfaceCheck kTypeBoundary500;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::input_validation
