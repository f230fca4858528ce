#include <array>

#include "scan/checks/object_authorization/checks.h"

namespace weir::scan::object_authorization {

std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {kBolaCrossIdentityRead, kBolaAdjacentId, kBolaListNotFiltered,
                                     kBolaExistenceOracle, kBolaPredictableIds};
  return kChecks;
}

}  // namespace weir::scan::object_authorization
