#include <array>

#include "scan/checks/authentication/checks.h"
#include "scan/checks/data_exposure/checks.h"
#include "scan/checks/input_validation/checks.h"
#include "scan/checks/inventory/checks.h"
#include "scan/checks/surface_check.h"
#include "scan/checks/transport/checks.h"

namespace weir::scan {

std::span<const SurfaceCategory> surface_categories() {
  static const std::array<SurfaceCategory, 5> kCategories = {{
      {"transport", transport::checks()},
      {"data-exposure", data_exposure::checks()},
      {"authentication", authentication::checks()},
      {"input-validation", input_validation::checks()},
      {"inventory", inventory::checks()},
  }};
  return kCategories;
}

}  // namespace weir::scan
