// SlewedTime: real time, read once and then carried by a monotonic clock.
//
// A step of the system's clock must neither reopen a window nor skip one, so after the first
// reading only the monotonic clock moves this time. Once a second it is corrected towards the
// system's time, by kSlewPerSecond at most, so that a slow drift of the monotonic clock does not
// grow for ever.
//
// The clocks are arguments, so that tests can step them. The monotonic one has to count the time
// that the machine is suspended: else a window would last as much longer, and the clock would be
// behind that of every machine that was awake.
//
// Thread safety: at() may be called from any thread. It goes back by at most kSlewPerSecond, and
// that once a second at most.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "weir/time.h"

namespace weir::base {

class SlewedTime {
 public:
  // At most half a millisecond of correction a second: the bound that NTP's own slewing uses.
  static constexpr Duration kSlewPerSecond = std::chrono::microseconds(500);

  // monotonic: since any start. real: since 1970, as the system has it.
  SlewedTime(Duration monotonic, Duration real)
      : offset_ns_((real - monotonic).count()), next_slew_ns_((monotonic + kInterval).count()) {}

  // read_real() is called when a correction is due.
  template <class ReadReal>
  Time at(Duration monotonic, ReadReal read_real) {
    // Relaxed throughout: each atomic stands for itself, and any mixture of an old and a new value
    // is a time that is right to within one correction.
    std::int64_t due = next_slew_ns_.load(std::memory_order_relaxed);
    if (monotonic.count() >= due &&
        next_slew_ns_.compare_exchange_strong(due, (monotonic + kInterval).count(),
                                              std::memory_order_relaxed)) {
      const std::int64_t offset = offset_ns_.load(std::memory_order_relaxed);
      const std::int64_t error = (read_real() - monotonic).count() - offset;
      offset_ns_.store(offset + std::clamp(error, -kSlewPerSecond.count(), kSlewPerSecond.count()),
                       std::memory_order_relaxed);
    }
    return Time(monotonic + Duration(offset_ns_.load(std::memory_order_relaxed)));
  }

 private:
  static constexpr Duration kInterval = std::chrono::seconds(1);

  std::atomic<std::int64_t> offset_ns_;     // real time minus monotonic time, as applied
  std::atomic<std::int64_t> next_slew_ns_;  // monotonic time of the next correction
};

}  // namespace weir::base
