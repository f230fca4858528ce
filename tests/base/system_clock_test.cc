#include "base/system_clock.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, GoesForwardAndIsSaneRealTime) {
  SystemClock clock;
  const Time first = clock.now();
  const Time second = clock.now();
  EXPECT_GE(second, first - SystemClock::kSlewPerSecond);
  EXPECT_GT(first.time_since_epoch(), 24h * 365 * 50);  // after 2019
}

TEST(SystemClock, AdvancesWithTheMonotonicClock) {
  SystemClock clock;
  const Time start = clock.now();
  const Duration start_monotonic = monotonic_now();
  sleep_for(20ms);
  const Duration by_clock = clock.now() - start;
  const Duration by_monotonic = monotonic_now() - start_monotonic;
  EXPECT_LE(by_clock, by_monotonic + SystemClock::kSlewPerSecond);
  EXPECT_GE(by_clock, 20ms - SystemClock::kSlewPerSecond);
}

}  // namespace
}  // namespace weir::base
