#include "scan/checks/catalogue.h"

#include "scan/checks/surface_check.h"

namespace weir::scan {

std::vector<const CheckInfo*> catalogue() {
  std::vector<const CheckInfo*> all;
  for (const Check& check : rate_limiting_checks()) all.push_back(check.info);
  for (const SurfaceCategory& category : surface_categories()) {
    for (const SurfaceCheck& check : category.checks) all.push_back(check.info);
  }
  return all;
}

const CheckInfo* find_check(std::string_view id) {
  for (const CheckInfo* check : catalogue()) {
    if (id == check->id) return check;
  }
  return nullptr;
}

}  // namespace weir::scan
