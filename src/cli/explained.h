// All that `weir explain` knows: the checks of the scanner and the rules of the tap.
//
// Thread safety: constant.
#pragma once

#include <string_view>
#include <vector>

#include "scan/check_info.h"

namespace weir::cli {

// The checks by category, then the rules.
std::vector<const scan::CheckInfo*> explained();

// Null if there is none of that id.
const scan::CheckInfo* find_explained(std::string_view id);

}  // namespace weir::cli
