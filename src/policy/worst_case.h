// What a rule lets pass at worst, in words and numbers: in any interval of its window, and while
// its store fails.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "policy/policy.h"

namespace weir::policy {

// The store answers: "100 in any 1m", "120 in any 1m: 20 at once and 100 that flow in".
std::string worst_case(const Policy& policy, const Rule& rule);

// The store fails: what comes on top, per process where that counts.
std::string worst_case_in_outage(const Policy& policy, const Rule& rule);

}  // namespace weir::policy
