// Whether an identifier lands on another identity's counter, or on none at all.
//
// Only made-up identities are used, and addresses of this machine: nobody's quota is touched.
// Proof, twice with new values: Y is served; X, which is another identity, is used up; now Y is
// refused, while a third one of the same length is served and X is still refused.
// Thread safety: as the Bench.
#pragma once

#include <optional>

#include "scan/checks/check.h"

namespace weir::scan::rate_limiting {

// nullopt: nothing of the kind could be seen.
std::optional<CheckOutcome> find_landing(Bench& bench);

}  // namespace weir::scan::rate_limiting
