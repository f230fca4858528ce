// The experiments that need windows of their own, arranged so that each window serves several.
//
// A round on a limit that gives its room back at once:
//
//   room is back ............. late in the window ............ the window's edge
//   one or two requests        a few one after the other,      one after the other
//   (the window begins)        then a volley for the rest      until refused
//
// The volley shows a race: more admitted than had room. The requests on both sides of the edge show
// a boundary burst: more than N in a fraction of W. And the moments at which room comes back show W
// and put Retry-After to the test. A limit whose room trickles back is filled when it is full
// again; what trickles in right afterwards comes on top.
//
// Thread safety: as the Bench.
#pragma once

#include "scan/experiment/bench.h"

namespace weir::scan {

inline constexpr double kLongestWaitS = 3600;  // that a user may allow: --max-wait

struct RoundPlan {
  double max_wait_s = 65;  // a window longer than this is not waited for
  double until_s = 600;    // no round begins after this
  int rounds = 2;          // one to find, one to repeat
  double spare_s = 38;     // a third round, where a find was not repeated, only if it ends by then
};

// Fills bench.rounds() and the facts about W. Expects the base to be refused.
void run_rounds(Bench& bench, const RoundPlan& plan);

}  // namespace weir::scan
