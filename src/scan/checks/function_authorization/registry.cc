#include <array>

#include "scan/checks/function_authorization/checks.h"

namespace weir::scan::function_authorization {

std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {kBflaAdminReadAsUser, kBflaRoleParameter, kBflaPathBypass,
                                     kBflaMethodBypass};
  return kChecks;
}

}  // namespace weir::scan::function_authorization
