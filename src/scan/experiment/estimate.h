// What the base's history says of N, W and the kind of the limit.
// Thread safety: as the Bench.
#pragma once

#include "scan/experiment/bench.h"

namespace weir::scan {

// The replay fit over everything that is known: counted, stated by the target, measured.
Fit fit_of(const Bench& bench);

// The same, if it explains the history well enough to plan by.
std::optional<Fit> trusted_fit(const Bench& bench);

// W is longer than this: the base was refused although only the last `n` admissions, the oldest of
// them so long ago, can have used the limit up. Holds for fixed windows and for logs that do not
// count refused requests; n too small only makes it smaller.
double window_lower_bound(const std::vector<Observation>& spending, int n);

}  // namespace weir::scan
