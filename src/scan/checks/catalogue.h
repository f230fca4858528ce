// Every check that there is, for those who only want to know about them: `weir explain`, the rules
// of `weir mcp`, the ids that a suppressions file may name.
//
// Thread safety: constant.
#pragma once

#include <string_view>
#include <vector>

#include "scan/checks/check.h"

namespace weir::scan {

// By category, in each in the order in which they run.
std::vector<const CheckInfo*> catalogue();

// Null if there is no such check.
const CheckInfo* find_check(std::string_view id);

}  // namespace weir::scan
