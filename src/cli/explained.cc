#include "cli/explained.h"

#include "scan/checks/catalogue.h"
#include "tap/rules/rule.h"

namespace weir::cli {

std::vector<const scan::CheckInfo*> explained() {
  std::vector<const scan::CheckInfo*> all = scan::catalogue();
  for (const tap::Rule& rule : tap::rules()) all.push_back(&rule.info);
  return all;
}

const scan::CheckInfo* find_explained(std::string_view id) {
  for (const scan::CheckInfo* one : explained()) {
    if (id == one->id) return one;
  }
  return nullptr;
}

}  // namespace weir::cli
