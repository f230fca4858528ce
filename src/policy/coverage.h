// Which rules stand behind others: whether one is about all requests that another is about, and
// what it counts by.
//
// Thread safety: pure functions.
#pragma once

#include "policy/rule.h"

namespace weir::policy {

bool counts_by(const Rule& rule, KeyPart part);

// Whether every request that `narrow` is about is also one that `wide` is about.
bool covers(const Match& wide, const Match& narrow);

// Counts requests by nothing that a caller can choose anew with each of them.
bool holds_anybody(const Rule& rule);

}  // namespace weir::policy
