// SystemClock: the machine's real time, read once and then carried by the monotonic clock.
//
// A step of the system clock (NTP, an operator, a resumed virtual machine) must neither reopen a
// window nor skip one, so after the first reading only the monotonic clock moves this clock. It is
// then slewed towards the system's real time by at most kSlewPerSecond, so that a slow drift of the
// monotonic clock does not grow for ever.
//
// Thread safety: now() may be called from any thread. It goes back by at most kSlewPerSecond, and
// that once a second at most.
#pragma once

#include <atomic>

#include "weir/clock.h"

namespace weir::base {

class SystemClock final : public Clock {
 public:
  // At most half a millisecond of correction a second: the bound that NTP's own slewing uses.
  static constexpr Duration kSlewPerSecond = std::chrono::microseconds(500);

  SystemClock();
  Time now() override;

 private:
  std::atomic<std::int64_t> offset_ns_;  // real time minus monotonic time, as applied
  std::atomic<std::int64_t>
      next_slew_ns_;  // monotonic time at which the offset is next compared with the system's
};

// Monotonic time since an arbitrary start, for measuring durations and deadlines. Never compared
// with weir::Time.
Duration monotonic_now();

// Blocks the calling thread. For waiting by a program's own choice (scanner, back-off), never for
// deciding.
void sleep_for(Duration duration);

}  // namespace weir::base
