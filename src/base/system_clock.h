// SystemClock: the machine's real time, read once and then carried by the clock that counts since
// boot (base/slewed_time.h): steps of the system's time (NTP, an operator) do not move it, and time
// that the machine was suspended is counted (CLOCK_BOOTTIME, which CLOCK_MONOTONIC is not).
//
// A virtual machine that its host froze may see neither clock move meanwhile: it is then behind by
// as much, and NTP's step does not help it here. Stores that know a better clock say so (the Date
// of DynamoDB's answers, docs/dynamodb.md).
//
// Thread safety: now() may be called from any thread. It goes back by at most kSlewPerSecond, and
// that once a second at most.
#pragma once

#include "base/slewed_time.h"
#include "weir/clock.h"

namespace weir::base {

class SystemClock final : public Clock {
 public:
  static constexpr Duration kSlewPerSecond = SlewedTime::kSlewPerSecond;

  SystemClock();
  Time now() override;

 private:
  SlewedTime time_;
};

// Monotonic time since an arbitrary start, for measuring durations and deadlines. Never compared
// with weir::Time.
Duration monotonic_now();

// Blocks the calling thread. For waiting by a program's own choice (scanner, back-off), never for
// deciding.
void sleep_for(Duration duration);

}  // namespace weir::base
