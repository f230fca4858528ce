#include "engine/circuit_breaker.h"

#include <gtest/gtest.h>

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{1'800'000'000s};

void fail_times(CircuitBreaker& breaker, int times, Time now) {
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(breaker.allows(now));
    breaker.failed(now, true);
  }
}

TEST(CircuitBreaker, OpensAfterFiveFailuresInARowAndNotBefore) {
  CircuitBreaker breaker;
  fail_times(breaker, 4, kNow);
  EXPECT_TRUE(breaker.allows(kNow));
  EXPECT_FALSE(breaker.succeeded(kNow));
  fail_times(breaker, 5, kNow);
  EXPECT_FALSE(breaker.allows(kNow));
  EXPECT_EQ(breaker.pause_left(kNow), 1s);
  EXPECT_EQ(breaker.pause_left(kNow + 400ms), 600ms);
}

TEST(CircuitBreaker, LetsOneProbeThroughEachPauseAndDoublesThePauseUpToTheLongest) {
  CircuitBreaker breaker;
  fail_times(breaker, 5, kNow);
  Time now = kNow;
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    EXPECT_FALSE(breaker.allows(now + pause - 1ns)) << pause.count();
    now += pause;
    EXPECT_TRUE(breaker.allows(now)) << pause.count();
    EXPECT_FALSE(breaker.allows(now)) << "only one";
    breaker.failed(now, true);
  }
}

TEST(CircuitBreaker, OneSuccessClosesIt) {
  CircuitBreaker breaker;
  fail_times(breaker, 5, kNow);
  ASSERT_TRUE(breaker.allows(kNow + 1s));
  breaker.succeeded(kNow + 1s);
  EXPECT_TRUE(breaker.allows(kNow + 1s));
  EXPECT_TRUE(breaker.allows(kNow + 1s));
  EXPECT_EQ(breaker.pause_left(kNow + 1s), 0s);
}

TEST(CircuitBreaker, TheFirstPauseAfterASuccessIsShortAgain) {
  CircuitBreaker breaker;
  fail_times(breaker, 5, kNow);
  ASSERT_TRUE(breaker.allows(kNow + 1s));
  breaker.failed(kNow + 1s, true);
  ASSERT_TRUE(breaker.allows(kNow + 3s));
  breaker.succeeded(kNow + 3s);
  fail_times(breaker, 5, kNow + 4s);
  EXPECT_EQ(breaker.pause_left(kNow + 4s), 1s);
}

TEST(CircuitBreaker, CallsThatBeganBeforeItOpenedDoNotLengthenThePause) {
  CircuitBreaker breaker;
  fail_times(breaker, 5, kNow);
  for (int i = 0; i < 50; ++i) breaker.failed(kNow, true);
  EXPECT_EQ(breaker.pause_left(kNow), 1s);
}

TEST(CircuitBreaker, AClockThatGoesBackDelaysAProbeByOnePauseAtMost) {
  CircuitBreaker breaker;
  fail_times(breaker, 5, kNow);
  const Time earlier = kNow - 1h;
  EXPECT_FALSE(breaker.allows(earlier));
  EXPECT_TRUE(breaker.allows(earlier + 1s));
}

TEST(CircuitBreaker, FailuresThatDoNotCountNeverOpenItButAreTold) {
  CircuitBreaker breaker;
  EXPECT_TRUE(breaker.failed(kNow, false));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(breaker.failed(kNow, false));
  EXPECT_TRUE(breaker.allows(kNow));
  EXPECT_EQ(breaker.failures(), 51);
}

TEST(CircuitBreaker, AFlappingStoreIsToldOnce) {
  CircuitBreaker breaker;
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    const Time now = kNow + i * 100ms;
    told += (i % 2 == 0 ? breaker.failed(now, true) : breaker.succeeded(now)) ? 1 : 0;
  }
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(breaker.succeeded(kNow + 9800ms + 5s - 1ns));
  EXPECT_TRUE(breaker.succeeded(kNow + 9800ms + 5s));
  EXPECT_FALSE(breaker.succeeded(kNow + 9800ms + 5s));
}

}  // namespace
}  // namespace weir::engine
