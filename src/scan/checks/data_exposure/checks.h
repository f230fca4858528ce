// The checks of the category data-exposure, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::data_exposure {

extern const SurfaceCheck kSecretExposed;
extern const SurfaceCheck kPanExposed;
extern const SurfaceCheck kNationalIdExposed;
extern const SurfaceCheck kPiiExposedAnonymous;
extern const SurfaceCheck kStackTraceExposed;
extern const SurfaceCheck kInternalAddressExposed;
extern const SurfaceCheck kSensitiveCacheable;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::data_exposure
