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

struct RoundPlan {
  double max_wait_s = 65;  // a window longer than this is not waited for
  double until_s = 600;    // no round begins after this
  int rounds = 2;          // one to find, one to repeat
};

// Fills bench.rounds() and the facts about W. Expects the base to be refused.
void run_rounds(Bench& bench, const RoundPlan& plan);

// W is longer than this: the base was refused although only the last `n` admissions, the oldest of
// them so long ago, can have used the limit up. Holds for fixed windows and for logs that do not
// count refused requests; n too small only makes it smaller.
double window_lower_bound(const std::vector<Observation>& spending, int n);

// Released together on identities of their own, where the limit counts local addresses apart.
// Each entry: admitted of sent; empty if there are no such identities.
struct FreshVolley {
  int sent = 0;
  int admitted = 0;
  double began_s = 0;
  double ended_s = 0;
  std::vector<std::size_t> exchanges;
};
std::vector<FreshVolley> volleys_on_fresh_sources(Bench& bench, int count);

}  // namespace weir::scan
