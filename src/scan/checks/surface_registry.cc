#include <array>

#include "scan/checks/authentication/checks.h"
#include "scan/checks/data_exposure/checks.h"
#include "scan/checks/function_authorization/checks.h"
#include "scan/checks/input_validation/checks.h"
#include "scan/checks/inventory/checks.h"
#include "scan/checks/llm/checks.h"
#include "scan/checks/object_authorization/checks.h"
#include "scan/checks/property_authorization/checks.h"
#include "scan/checks/ssrf/checks.h"
#include "scan/checks/surface_check.h"
#include "scan/checks/transport/checks.h"

namespace weir::scan {

std::span<const SurfaceCategory> surface_categories() {
  static const std::array<SurfaceCategory, 10> kCategories = {{
      {"transport", transport::checks()},
      {"data-exposure", data_exposure::checks()},
      {"authentication", authentication::checks()},
      {"input-validation", input_validation::checks()},
      {"inventory", inventory::checks()},
      {"property-authorization", property_authorization::checks()},
      {"object-authorization", object_authorization::checks()},
      {"function-authorization", function_authorization::checks()},
      {"ssrf", ssrf::checks()},
      {"llm", llm::checks()},
  }};
  return kCategories;
}

}  // namespace weir::scan
