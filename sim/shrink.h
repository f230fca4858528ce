// Shrinking: the smallest scenario found that still breaks the same promise.
//
// Deterministic: it tries fewer arrivals, fewer kinds of faults, fewer disturbances, fewer nodes
// and smaller bursts, in this order and again until nothing helps. Since randomness does not depend
// on what else happens (draws.h), what is left behaves as it did.
//
// Thread safety: pure function.
#pragma once

#include "sim/scenario.h"
#include "sim/world.h"

namespace weir::sim {

// At most this many runs are made.
inline constexpr int kMaxShrinkRuns = 4000;

struct Shrunk {
  Scenario scenario;
  Violation violation;
  int runs = 0;
};

// `failing` breaks `violation.promise`.
Shrunk shrink(const Scenario& failing, const Violation& violation);

}  // namespace weir::sim
