// A clock that says what the test tells it.
#pragma once

#include <atomic>

#include "weir/clock.h"

namespace weir::test {

// Thread safety: as weir::Clock asks.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_(start.time_since_epoch().count()) {}

  Time now() override { return Time(Duration(now_.load())); }
  void set(Time time) { now_.store(time.time_since_epoch().count()); }
  void advance(Duration duration) { now_.fetch_add(duration.count()); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace weir::test
