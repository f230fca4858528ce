// Charge: what every algorithm answers, whatever it counts.
//
// Thread safety: plain value.
#pragma once

#include <cstdint>

#include "weir/time.h"

namespace weir::limit {

struct Charge {
  bool admitted = false;
  // What give_back() wants to know of this charge: the exact window's slot, gcra's theoretical
  // arrival time and the fixed window's start in nanoseconds. Means nothing to anybody else.
  std::int64_t slot = 0;
  std::int64_t remaining = 0;  // how much more of cost 1 would fit, after the decision
  // Refused: the first instant at which this cost fits, if nobody else is admitted meanwhile.
  // Admitted: the first instant at which `remaining` grows again. Time::max() when that is never
  // (cost above N) or not applicable (nothing is live).
  Time room_at = Time::max();

  friend bool operator==(const Charge&, const Charge&) = default;
};

}  // namespace weir::limit
