// How full the window was at each moment of a timeline: the number of requests admitted within the
// last W seconds, which the limit promises to keep at N or below.
//
// The times were taken by the client. A request that was admitted exactly one window after another
// may look a little early by the difference of two network delays: the window is taken shorter by
// kSlackShare, at most kMaxSlack, so that a limiter that holds is never drawn as one that does not.
// Thread safety: a pure function.
#pragma once

#include <cstddef>
#include <vector>

#include "scan/model.h"

namespace weir::report {

inline constexpr double kSlackShare = 0.02;
inline constexpr double kMaxSlackSeconds = 0.25;

struct Occupancy {
  // From `from_s` on, `admitted` requests had been admitted within the last window.
  struct Step {
    double from_s = 0;
    std::size_t admitted = 0;
  };
  std::vector<Step> steps;  // in order of time; empty if the window is not known
  std::size_t peak = 0;
  double peak_s = 0;  // when the peak was first reached
};

Occupancy occupancy(const scan::Timeline& timeline);

}  // namespace weir::report
