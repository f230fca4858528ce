// Deadline: the instant of monotonic time by which a call must have ended.
//
// Thread safety: plain value. One of the few places below engine/ that may look at a clock: it
// bounds waiting and decides nothing.
//
//   const Deadline deadline = Deadline::in(std::chrono::milliseconds(250));
//   poll(&descriptor, 1, deadline.poll_timeout_ms());
#pragma once

#include <algorithm>

#include "base/system_clock.h"
#include "weir/time.h"

namespace weir::net {

class Deadline {
 public:
  static constexpr Duration kLongest = std::chrono::hours(24);

  static Deadline in(Duration budget) {
    return Deadline(base::monotonic_now() + std::clamp(budget, Duration::zero(), kLongest));
  }

  Duration left() const { return std::max(at_ - base::monotonic_now(), Duration::zero()); }
  bool has_passed() const { return left() == Duration::zero(); }

  // Rounded up, so that a poll that times out means that the deadline has passed.
  int poll_timeout_ms() const {
    const auto up = std::chrono::ceil<std::chrono::milliseconds>(left());
    return static_cast<int>(up.count());
  }

  Deadline at_most(Duration budget) const { return Deadline(std::min(at_, in(budget).at_)); }

 private:
  explicit Deadline(Duration at) : at_(at) {}
  Duration at_;
};

}  // namespace weir::net
