// What a refusal says is true, and what is free can be used.
#include <gtest/gtest.h>

#include <deque>

#include "base/duration.h"
#include "limit/crowd.h"

namespace weir::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

// The exact sliding log: forgets nothing early and nothing late. Intervals are closed, so an
// admission counts up to and including W after it.
class ExactLog {
 public:
  explicit ExactLog(Duration window) : window_(window) {}

  void add(Time at, std::int64_t cost) { admissions_.push_back({at, cost}); }

  // The first instant from `now` on at which `cost` fits under n, if nobody else is admitted.
  Time room_at(Time now, std::int64_t n, std::int64_t cost) {
    while (!admissions_.empty() && admissions_.front().at + window_ < now) {
      admissions_.pop_front();
    }
    std::int64_t live = 0;
    for (const Admission& admission : admissions_) live += admission.cost;
    Time room = now;
    for (const Admission& admission : admissions_) {
      if (live + cost <= n) break;
      live -= admission.cost;
      room = admission.at + window_ + Duration(1);
    }
    return room;
  }

 private:
  Duration window_;
  std::deque<Admission> admissions_;
};

TEST(ExactWindowHonesty, ARefusalEndsWhenItSaysAndAtMostOneSlotAfterAnExactLogsWould) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    const Duration window = std::array<Duration, 5>{milliseconds(1), seconds(1), milliseconds(7001),
                                                    minutes(1), hours(24 * 31)}
                                .at(seed % 5);
    const auto n = static_cast<std::int64_t>(1 + rng.below(seed % 2 == 0 ? 5 : 50));
    const limit::WindowLimit limit{n, limit::Geometry::for_window(window)};
    const limit::Geometry& geometry = limit.geometry;
    // K slots are at most K-1 ns longer than W.
    const Duration latest = geometry.slot_width() + (geometry.span() - window);
    limit::WindowState state;
    ExactLog log(window);
    Time now = kStart;
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
      now += Duration(static_cast<std::int64_t>(rng.below(
          static_cast<std::uint64_t>(window.count()) * 2 / static_cast<std::uint64_t>(n))));
      const std::int64_t cost = cost_of(static_cast<std::uint8_t>(rng.below(256)), n);
      const limit::Charge charge = limit::charge(state.ref(geometry), limit, now, cost);
      const Time exact = log.room_at(now, n, cost);
      if (charge.admitted) {
        ASSERT_EQ(exact, now) << "an exact log would have refused";
        log.add(now, cost);
        continue;
      }
      if (cost > n) {
        ASSERT_EQ(charge.room_at, Time::max());
        continue;
      }
      ++refused;
      ASSERT_GT(charge.room_at, now);
      ASSERT_GE(charge.room_at, exact);
      ASSERT_LE(charge.room_at, exact + latest);
      const Time before = charge.room_at - Duration(1);
      ASSERT_FALSE(limit::peek(state.ref(geometry), limit, before, cost).admitted);
      ASSERT_TRUE(limit::peek(state.ref(geometry), limit, charge.room_at, cost).admitted);
    }
    ASSERT_GT(refused, 0);
  }
}

// Also when the clock that asks lags behind the newest slot.
TEST(ExactWindowHonesty, ARefusalToALaggingClockEndsWhenItSays) {
  Rng rng(11);
  for (int round = 0; round < 300; ++round) {
    const limit::WindowLimit limit{5, limit::Geometry::for_window(seconds(2), seconds(1))};
    const limit::Geometry& geometry = limit.geometry;
    limit::WindowState state;
    Time real = kStart;
    for (int i = 0; i < 30; ++i) {
      real += milliseconds(rng.below(700));
      const Time now = real - milliseconds(rng.below(2000));
      const auto cost = static_cast<std::int64_t>(1 + rng.below(3));
      const limit::Charge charge = limit::charge(state.ref(geometry), limit, now, cost);
      if (charge.admitted) continue;
      const Time before = charge.room_at - Duration(1);
      ASSERT_FALSE(limit::peek(state.ref(geometry), limit, before, cost).admitted);
      ASSERT_TRUE(limit::peek(state.ref(geometry), limit, charge.room_at, cost).admitted);
    }
  }
}

TEST(ExactWindowHonesty, AnAdmissionSaysWhenMoreRoomComes) {
  Rng rng(12);
  for (int round = 0; round < 200; ++round) {
    const limit::WindowLimit limit{20, limit::Geometry::for_window(seconds(3))};
    limit::WindowState state;
    Time now = kStart;
    for (int i = 0; i < 40; ++i) {
      now += milliseconds(rng.below(500));
      const limit::Charge charge = limit::charge(state.ref(limit.geometry), limit, now, 1);
      if (!charge.admitted) continue;
      const auto remaining_at = [&](Time at) {
        // A cost that never fits only looks.
        return limit::peek(state.ref(limit.geometry), limit, at, limit.n + 1).remaining;
      };
      ASSERT_EQ(remaining_at(now), charge.remaining);
      ASSERT_EQ(remaining_at(charge.room_at - Duration(1)), charge.remaining);
      ASSERT_GT(remaining_at(charge.room_at), charge.remaining);
    }
  }
}

// Liveness: whoever always asks gets N in every K+1 slots, K/(K+1) of N in every W.
TEST(ExactWindowHonesty, SteadyDemandUsesAllButOneSlotsShareOfN) {
  for (const Duration window : {Duration(milliseconds(1)), Duration(seconds(1)),
                                Duration(minutes(1)), Duration(hours(24 * 31))}) {
    for (const std::int64_t n : {1, 2, 7, 60, 61, 1000}) {
      const limit::WindowLimit limit{n, limit::Geometry::for_window(window)};
      const limit::Geometry& geometry = limit.geometry;
      limit::WindowState state;
      // More often than a slot and than N in W, and never in step with either.
      const Duration step =
          std::max(Duration(1), std::min(geometry.slot_width() / 3, window / (3 * n)) * 97 / 101);
      constexpr std::int64_t kRounds = 5;
      const Time end = kStart + kRounds * (geometry.slots() + 1) * geometry.slot_width();
      std::int64_t admitted = 0;
      for (Time now = kStart; now < end; now += step) {
        while (limit::charge(state.ref(geometry), limit, now, 1).admitted) ++admitted;
      }
      EXPECT_GE(admitted, kRounds * n) << "N " << n << ", W " << format_duration(window);
    }
  }
}

}  // namespace
}  // namespace weir::test
