// The rules, one function each. Private to src/tap/rules.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "tap/rules/rule.h"

namespace weir::tap {

std::vector<Finding> find_read_then_write(const Ledger& ledger);
std::vector<Finding> find_weak_condition(const Ledger& ledger);
std::vector<Finding> find_eventual_read(const Ledger& ledger);
std::vector<Finding> find_fixed_window_key(const Ledger& ledger);
std::vector<Finding> find_refusal_writes(const Ledger& ledger);
std::vector<Finding> find_unconditional_increment(const Ledger& ledger);
std::vector<Finding> find_client_clock_coarse(const Ledger& ledger);
std::vector<Finding> find_no_ttl(const Ledger& ledger);
std::vector<Finding> find_retry_double_count(const Ledger& ledger);

}  // namespace weir::tap
