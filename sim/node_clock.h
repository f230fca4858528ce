// NodeClock: what a node takes for the time. Off, drifting and stepping, and never further from
// real time than the scenario's clock error: that much the promise of the limiter asks for.
// Thread safety: one thread.
#pragma once

#include <algorithm>

#include "weir/time.h"

namespace weir::sim {

class NodeClock {
 public:
  explicit NodeClock(Duration error) : error_(error) {}

  Time read(Time real) const { return real + offset(real); }

  // From `real` on it is off by `offset`.
  void step(Time real, Duration offset) {
    since_ = real;
    offset_ = std::clamp(offset, -error_, error_);
  }
  // From `real` on it gains this much.
  void drift(Time real, std::int64_t parts_per_million) {
    step(real, offset(real));
    parts_per_million_ = parts_per_million;
  }

 private:
  Duration offset(Time real) const {
    if (parts_per_million_ == 0) return offset_;
    const Duration gained = (real - since_) / 1000 * parts_per_million_ / 1000;
    return std::clamp(offset_ + gained, -error_, error_);
  }

  Duration error_;
  Time since_{};
  Duration offset_{};
  std::int64_t parts_per_million_ = 0;
};

}  // namespace weir::sim
