// Time as Weir counts it.
//
// Every instant that a decision depends on is a weir::Time: nanoseconds of real time since the Unix
// epoch, as a strong type that no clock of the standard library produces by itself. Time is always
// an argument; only base/system_clock.cc reads a clock.
//
// Range: 1970 to 2262. Thread safety: plain values.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

using Duration = std::chrono::nanoseconds;

// The epoch that weir::Time counts from. It has no now() on purpose: a Clock (weir/clock.h) has.
struct RealTime {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<RealTime, Duration>;
  static constexpr bool is_steady = false;
};

using Time = RealTime::time_point;

}  // namespace weir
