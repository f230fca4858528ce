// The checks of the category function-authorization (BFLA), one file each. Thread safety: constant
// data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::function_authorization {

extern const SurfaceCheck kBflaAdminReadAsUser;
extern const SurfaceCheck kBflaRoleParameter;
extern const SurfaceCheck kBflaPathBypass;
extern const SurfaceCheck kBflaMethodBypass;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::function_authorization
