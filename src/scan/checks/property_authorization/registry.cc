#include <array>

#include "scan/checks/property_authorization/checks.h"

namespace weir::scan::property_authorization {

std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {kExcessivePropertyExposure, kWriteOnlyReturned,
                                     kUndeclaredProperties, kFieldSelectionBypass, kMassAssignment};
  return kChecks;
}

}  // namespace weir::scan::property_authorization
