// What the base's history says of N, W and the kind of the limit.
// Thread safety: as the Bench.
#pragma once

#include <string>

#include "scan/experiment/bench.h"

namespace weir::scan {

// The replay fit over everything that is known: counted, stated by the target, measured.
Fit fit_of(const Bench& bench);

// The same, if it explains the history well enough to plan by.
std::optional<Fit> trusted_fit(const Bench& bench);

// Looks whether the refusals tell a longer wait each time: then every further one makes it worse.
void note_growing_wait(Bench& bench);

// Why the edges of a window were not tested, and what testing them takes. Expects no_room_s.
std::string what_longer_takes(const LimitFacts& facts);

// W is longer than this: the base was refused although only the last `n` admissions, the oldest of
// them so long ago, can have used the limit up. Holds for fixed windows and for logs that do not
// count refused requests; n too small only makes it smaller.
double window_lower_bound(const std::vector<Observation>& spending, int n);

}  // namespace weir::scan
