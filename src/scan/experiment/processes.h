// Whether the processes behind one port count for themselves, where they take turns so evenly that
// all of them are used up at the same time.
// Thread safety: as the Bench.
#pragma once

#include "scan/experiment/bench.h"

namespace weir::scan {

// A request whose last byte is held back keeps one process busy, or at least has its turn taken.
// The others are used up meanwhile, until three refusals in a row. Then the held request is
// completed: if it is served, and others after it, it was counted by somebody else. Twice, each on
// an identity that nothing came from before; does nothing if there are none.
void look_behind_a_held_request(Bench& bench);

}  // namespace weir::scan
