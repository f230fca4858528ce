// How full the window was at each moment of a timeline: the number of requests admitted within the
// last W seconds, which the limit promises to keep at N or below.
//
// A scan begins with plain requests, so that what its first phase was answered, refusals apart, is
// what admission looks like. Any other answer (401 to a made-up key, 404 to another spelling of the
// path) is neither: nothing of the limit was used.
//
// The times were taken by the client. A request that was admitted exactly one window after another
// may look a little early by the difference of two network delays: the window is taken shorter by
// kSlackShare, at most kMaxSlack, so that a limiter that holds is never drawn as one that does not.
// Thread safety: pure functions.
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

enum class Outcome { admitted, refused, other };

// Of each point of the timeline, in its order.
std::vector<Outcome> outcomes(const scan::Timeline& timeline);

Occupancy occupancy(const scan::Timeline& timeline);

}  // namespace weir::report
