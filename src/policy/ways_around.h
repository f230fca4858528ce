// How the rules of a policy can be got around by somebody who means to: what `weir policy explain`
// warns of beyond the warnings of every reading. A way is told even where it may be meant.
//
// Thread safety: pure function.
#pragma once

#include <vector>

#include "policy/policy.h"
#include "policy/problem.h"

namespace weir::policy {

std::vector<Problem> ways_around(const Policy& policy);

}  // namespace weir::policy
