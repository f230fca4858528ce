#include <array>

#include "scan/checks/input_validation/checks.h"

namespace weir::scan::input_validation {

std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {kContentTypeConfusion,       kCorsReflectWithCredentials,
                                     kCorsNullOrSuffix,           kForwardedHostReflected,
                                     kReflectedInputHtml,         kHeaderInjection,
                                     kErrorDifferentialInjection, kTypeBoundary500};
  return kChecks;
}

}  // namespace weir::scan::input_validation
