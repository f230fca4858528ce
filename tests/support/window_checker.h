// The judge: how many admissions did any interval of length W hold?
//
// On purpose the obvious quadratic search over a list of instants, and nothing of limit/ in it, so
// that it cannot share a mistake with what it judges. Intervals are closed: an admission at t and
// one at exactly t + W are in the same interval, the strictest reading of "in any W".
// Thread safety: pure function.
#pragma once

#include <cstdint>
#include <span>

#include "weir/time.h"

namespace weir::test {

struct Admission {
  Time at;
  std::int64_t cost = 1;
};

struct FullestWindow {
  std::int64_t admitted = 0;  // the sum of the costs in it
  Time start;                 // it is [start, start + W]
};

// The fullest of all intervals of length `window`. In any order; the fullest begins at an
// admission.
inline FullestWindow fullest_window(std::span<const Admission> admissions, Duration window) {
  FullestWindow fullest;
  for (const Admission& first : admissions) {
    std::int64_t admitted = 0;
    for (const Admission& other : admissions) {
      if (other.at >= first.at && other.at - first.at <= window) admitted += other.cost;
    }
    if (admitted > fullest.admitted) fullest = {admitted, first.at};
  }
  return fullest;
}

}  // namespace weir::test
