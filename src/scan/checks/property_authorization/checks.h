// The checks of the category property-authorization, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::property_authorization {

extern const SurfaceCheck kExcessivePropertyExposure;
extern const SurfaceCheck kWriteOnlyReturned;
extern const SurfaceCheck kUndeclaredProperties;
extern const SurfaceCheck kFieldSelectionBypass;
extern const SurfaceCheck kMassAssignment;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::property_authorization
