// What a policy allows that its author may not want: limits that a caller can dilute, trust in
// everybody, counters that are not shared.
//
// Thread safety: pure function.
#pragma once

#include <vector>

#include "policy/policy.h"
#include "policy/problem.h"

namespace weir::policy {

// Placed at the line of the rule that they are about, or at the first line.
std::vector<Problem> warnings_about(const Policy& policy);

}  // namespace weir::policy
