// The checks of the category object-authorization (BOLA), one file each. Thread safety: constant
// data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::object_authorization {

extern const SurfaceCheck kBolaCrossIdentityRead;
extern const SurfaceCheck kBolaAdjacentId;
extern const SurfaceCheck kBolaListNotFiltered;
extern const SurfaceCheck kBolaExistenceOracle;
extern const SurfaceCheck kBolaPredictableIds;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::object_authorization
