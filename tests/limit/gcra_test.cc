// GCRA: what it promises in any window, and what it says of itself.
#include "limit/gcra.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"
#include "support/window_checker.h"

namespace weir::limit {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

std::int64_t admitted_of(GcraState& state, const GcraLimit& limit, Time now, int tries) {
  std::int64_t admitted = 0;
  for (int i = 0; i < tries; ++i) admitted += charge(state, limit, now, 1).admitted ? 1 : 0;
  return admitted;
}

TEST(GcraTest, LetsTheBurstThroughAtOnceAndThenOneAnInterval) {
  const GcraLimit limit = GcraLimit::per_window(10, seconds(10), 4);
  GcraState state;
  EXPECT_EQ(admitted_of(state, limit, kStart, 9), 4);
  EXPECT_EQ(admitted_of(state, limit, kStart + seconds(1) - Duration(1), 9), 0);
  EXPECT_EQ(admitted_of(state, limit, kStart + seconds(1), 9), 1);
  EXPECT_EQ(admitted_of(state, limit, kStart + seconds(3), 9), 2);
}

TEST(GcraTest, StatesTheWorstCaseThatReallyHappens) {
  const GcraLimit limit = GcraLimit::per_window(100, seconds(10), 100);
  EXPECT_EQ(limit.worst_case(seconds(10)), 200);
  GcraState state;
  std::int64_t admitted = 0;
  for (Time now = kStart; now <= kStart + seconds(10); now += milliseconds(100))
    admitted += admitted_of(state, limit, now, 200);
  EXPECT_EQ(admitted, 200);
}

TEST(GcraTest, StrictNeverPassesNInAnyWindowAndUsesAllOfIt) {
  for (const std::int64_t n : {1, 2, 3, 10, 100}) {
    for (const std::int64_t burst : {std::int64_t{1}, (n + 1) / 2, n}) {
      const GcraLimit limit = GcraLimit::strict(n, seconds(10), burst);
      EXPECT_LE(limit.worst_case(seconds(10)), n);
      GcraState state;
      std::vector<test::Admission> admissions;
      for (Time now = kStart; now <= kStart + seconds(40); now += milliseconds(1)) {
        const std::int64_t admitted = admitted_of(state, limit, now, static_cast<int>(n) + 1);
        if (admitted > 0) admissions.push_back({now, admitted});
      }
      const auto fullest = test::fullest_window(admissions, seconds(10)).admitted;
      EXPECT_LE(fullest, n) << "burst " << burst;
      EXPECT_GE(fullest, n - 1) << "burst " << burst;
    }
  }
}

// Random demand from clocks that are off by up to e, decided in an order of its own.
TEST(GcraTest, KeepsItsWorstCaseWhateverTheClocksSay) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Rng rng(seed);
    const auto n = static_cast<std::int64_t>(1 + rng.below(50));
    const auto burst = static_cast<std::int64_t>(1 + rng.below(static_cast<std::uint64_t>(n)));
    const Duration window = milliseconds(1 + static_cast<std::int64_t>(rng.below(60'000)));
    const Duration error(
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(window.count()) / 2)));
    const bool strict = rng.below(2) == 0;
    const GcraLimit limit = strict ? GcraLimit::strict(n, window, burst, error)
                                   : GcraLimit::per_window(n, window, burst, error);
    GcraState state;
    std::vector<test::Admission> admissions;
    Time real = kStart;
    for (int i = 0; i < 400; ++i) {
      if (rng.below(3) == 0)
        real += Duration(static_cast<std::int64_t>(
            rng.below(static_cast<std::uint64_t>(window.count() / 4) + 1)));
      const Duration off(
          static_cast<std::int64_t>(rng.below(2 * static_cast<std::uint64_t>(error.count()) + 1)) -
          error.count());
      const auto cost = static_cast<std::int64_t>(1 + rng.below(3));
      const Charge result = charge(state, limit, real + off, cost);
      if (!result.admitted) continue;
      if (rng.below(10) == 0) {
        give_back(state, limit, real + off, result.slot, cost);
      } else {
        admissions.push_back({real, cost});
      }
    }
    EXPECT_LE(test::fullest_window(admissions, window).admitted, limit.worst_case(window))
        << "seed " << seed;
    if (strict) {
      EXPECT_LE(limit.worst_case(window), n) << "seed " << seed;
    }
  }
}

TEST(GcraTest, SaysExactlyWhenARefusedCostFits) {
  Rng rng(7);
  const GcraLimit limit = GcraLimit::per_window(7, seconds(3), 5);
  GcraState state;
  Time now = kStart;
  for (int i = 0; i < 2'000; ++i) {
    now += Duration(static_cast<std::int64_t>(rng.below(500'000'000)));
    const auto cost = static_cast<std::int64_t>(1 + rng.below(5));
    const Charge result = charge(state, limit, now, cost);
    if (result.admitted) continue;
    EXPECT_FALSE(peek(state, limit, result.room_at - Duration(1), cost).admitted);
    EXPECT_TRUE(peek(state, limit, result.room_at, cost).admitted);
  }
}

TEST(GcraTest, SaysWhatRemainsAndWhenItGrows) {
  Rng rng(8);
  const GcraLimit limit = GcraLimit::per_window(7, seconds(3), 5);
  GcraState state;
  Time now = kStart;
  for (int i = 0; i < 2'000; ++i) {
    now += Duration(static_cast<std::int64_t>(rng.below(600'000'000)));
    const Charge result = charge(state, limit, now, 1);
    GcraState copy = state;
    EXPECT_EQ(admitted_of(copy, limit, now, 9), result.remaining);
    copy = state;
    EXPECT_EQ(admitted_of(copy, limit, result.room_at - Duration(1), 9), result.remaining);
    copy = state;
    EXPECT_EQ(admitted_of(copy, limit, result.room_at, 9), result.remaining + 1);
  }
}

TEST(GcraTest, NeverAdmitsMoreThanTheBurstAtOnce) {
  const GcraLimit limit = GcraLimit::per_window(10, seconds(10), 4);
  GcraState state;
  const Charge result = charge(state, limit, kStart, 5);
  EXPECT_FALSE(result.admitted);
  EXPECT_EQ(result.room_at, Time::max());
  EXPECT_EQ(state, GcraState{});
  EXPECT_FALSE(charge(state, limit, kStart, INT64_MAX).admitted);
}

TEST(GcraTest, GivesBackWhatIsStillThere) {
  const GcraLimit limit = GcraLimit::per_window(10, seconds(10), 4);
  GcraState state;
  const Charge first = charge(state, limit, kStart, 3);
  ASSERT_TRUE(charge(state, limit, kStart, 1).admitted);
  ASSERT_FALSE(charge(state, limit, kStart, 1).admitted);
  give_back(state, limit, kStart, first.slot, 3);
  EXPECT_EQ(admitted_of(state, limit, kStart, 9), 3);
}

TEST(GcraTest, GivesNothingBackThatHasDrainedAlready) {
  const GcraLimit limit = GcraLimit::per_window(10, seconds(10), 4);
  GcraState state;
  const Charge first = charge(state, limit, kStart, 1);
  const Time later = kStart + seconds(5);
  ASSERT_EQ(admitted_of(state, limit, later, 9), 4);
  give_back(state, limit, later, first.slot, 1);
  EXPECT_EQ(admitted_of(state, limit, later, 9), 0) << "its token has flowed back long ago";
}

// Found by the simulator: the bucket of the first was nearly full again when the others came.
TEST(GcraTest, GivesBackOnlyWhatHasNotDrainedYet) {
  const GcraLimit limit = GcraLimit::strict(5, seconds(1), 5);
  GcraState state;
  const Charge first = charge(state, limit, kStart, 1);
  ASSERT_EQ(admitted_of(state, limit, kStart + milliseconds(900), 9), 4);
  give_back(state, limit, kStart + milliseconds(950), first.slot, 1);
  EXPECT_EQ(admitted_of(state, limit, kStart + milliseconds(1000), 9), 1)
      << "5 within the second that began when the others came";
}

TEST(GcraTest, KeepsTheDebtWhenTheRateChanges) {
  const GcraLimit slow = GcraLimit::per_window(4, hours(24), 4);
  const GcraLimit fast = GcraLimit::per_window(60, seconds(60), 10);
  GcraState state;
  ASSERT_EQ(admitted_of(state, slow, kStart, 9), 4);
  EXPECT_EQ(admitted_of(state, fast, kStart, 20), 6) << "10 less the 4 that were charged";
  EXPECT_EQ(admitted_of(state, fast, kStart + seconds(60), 20), 10) << "not stuck for a day";
  EXPECT_EQ(admitted_of(state, slow, kStart + seconds(60), 20), 0) << "and back: still in debt";
}

// Found by the simulator: what had drained fast would have been given back at the slow one's price.
TEST(GcraTest, GivesNothingBackThatMayHaveDrainedAtAnotherRate) {
  const GcraLimit slow = GcraLimit::per_window(4, hours(24), 4);
  const GcraLimit fast = GcraLimit::per_window(60, seconds(60), 10);
  GcraState state;
  const Charge before = charge(state, slow, kStart, 2);
  ASSERT_TRUE(charge(state, fast, kStart, 1).admitted);
  const Time later = kStart + seconds(4);
  const Charge between = charge(state, fast, later, 1);
  ASSERT_EQ(admitted_of(state, slow, later, 9), 3);
  give_back(state, slow, later, before.slot, 2);
  give_back(state, fast, later, between.slot, 1);
  EXPECT_EQ(admitted_of(state, slow, later, 9), 0);
}

// Found by the simulator: two give-backs would have returned time in which the bucket was empty.
TEST(GcraTest, GivesNothingBackThatHasDrainedWhatWasGivenBackMeanwhileLeftOut) {
  const GcraLimit limit = GcraLimit::per_window(10, seconds(10), 4);
  GcraState state;
  const Charge first = charge(state, limit, kStart, 1);
  const Charge second = charge(state, limit, kStart, 3);
  give_back(state, limit, kStart, first.slot, 1);
  const Time later = kStart + seconds(3);  // empty now, without the first
  ASSERT_EQ(admitted_of(state, limit, later, 9), 4);
  give_back(state, limit, later, second.slot, 3);
  EXPECT_EQ(admitted_of(state, limit, later, 9), 0);
}

TEST(GcraTest, GivesBackAllThatWasChargedAtOnce) {
  const GcraLimit limit = GcraLimit::per_window(10, seconds(10), 4);
  GcraState state;
  std::vector<Charge> unused;
  for (int i = 0; i < 4; ++i) unused.push_back(charge(state, limit, kStart, 1));
  for (const Charge& one : unused) give_back(state, limit, kStart, one.slot, 1);
  EXPECT_EQ(admitted_of(state, limit, kStart, 9), 4);
}

TEST(GcraTest, GivesBackAgainWhenItHasHadItsRateForAWhile) {
  const GcraLimit slow = GcraLimit::per_window(4, hours(24), 4);
  const GcraLimit fast = GcraLimit::per_window(60, seconds(60), 10);
  GcraState state;
  ASSERT_TRUE(charge(state, slow, kStart, 1).admitted);
  const Charge changing = charge(state, fast, kStart, 1);
  give_back(state, fast, kStart, changing.slot, 1);
  EXPECT_EQ(admitted_of(state, fast, kStart, 20), 8) << "the first was charged at this instant";
  const Time later = kStart + seconds(60);
  const Charge unused = charge(state, fast, later, 1);
  give_back(state, fast, later, unused.slot, 1);
  EXPECT_EQ(admitted_of(state, fast, later, 20), 10);
}

TEST(GcraTest, RemembersForAnHourThatItsRateWasAnother) {
  const GcraLimit slow = GcraLimit::per_window(4, hours(24), 4);
  const GcraLimit fast = GcraLimit::per_window(60, seconds(60), 10);
  GcraState state;
  ASSERT_TRUE(charge(state, slow, kStart, 1).admitted);
  ASSERT_EQ(state.moved, GcraState::kNeverMoved);
  ASSERT_TRUE(charge(state, fast, kStart, 1).admitted);
  EXPECT_EQ(state.moved, kStart);
  ASSERT_TRUE(charge(state, fast, kStart + hours(1) - Duration(1), 1).admitted);
  EXPECT_EQ(state.moved, kStart);
  ASSERT_TRUE(charge(state, fast, kStart + hours(1), 1).admitted);
  EXPECT_EQ(state.moved, GcraState::kNeverMoved);
}

// Found by the simulator. Rate and burst go to and fro, each time by another clock: in between any
// two instants of real time, at most the largest burst and what flows in at the fastest rate.
TEST(GcraTest, ForgetsNoDebtBetweenClocksWhenTheRateChanges) {
  std::int64_t changes = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const Duration error = milliseconds(1 + rng.below(3'000));
    const std::array<GcraLimit, 2> limits = {
        GcraLimit::per_window(static_cast<std::int64_t>(1 + rng.below(50)), seconds(10), 5, error),
        GcraLimit::per_window(static_cast<std::int64_t>(1 + rng.below(50)), seconds(10), 9, error)};
    const Duration fastest = std::min(limits[0].interval, limits[1].interval);
    GcraState state;
    Time real = kStart;
    Duration level{};  // of what has not drained, if it drains by real time and at the fastest rate
    for (int i = 0; i < 500; ++i) {
      const Duration passed(static_cast<std::int64_t>(rng.below(300'000'000)));
      real += passed;
      level = std::max(level - passed, Duration::zero());
      const Time now = rng.below(2) == 0 ? real + error : real - error;
      const Duration before = state.interval;
      if (!charge(state, limits.at(rng.below(2)), now, 1).admitted) continue;
      changes += before != state.interval ? 1 : 0;
      level += fastest;
      ASSERT_LE(level, fastest * 9 + 2 * error) << "seed " << seed;
    }
  }
  EXPECT_GT(changes, 1'000) << "and it was put to the test";
}

// Rates go to and fro, clocks disagree, admissions wait long before they are given back.
TEST(GcraTest, KeepsItsWorstCaseHoweverLateAdmissionsAreGivenBack) {
  std::int64_t returned = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    Rng rng(seed);
    const Duration error = milliseconds(rng.below(2) * rng.below(1'000));
    const std::array<GcraLimit, 2> limits = {
        GcraLimit::per_window(static_cast<std::int64_t>(1 + rng.below(50)), seconds(10), 5, error),
        GcraLimit::per_window(static_cast<std::int64_t>(1 + rng.below(50)), seconds(10), 9, error)};
    const bool changes = rng.below(2) == 0;
    const GcraLimit& widest = limits[changes ? 1 : 0];
    const Duration fastest =
        changes ? std::min(limits[0].interval, limits[1].interval) : limits[0].interval;
    struct Waiting {
      std::size_t limit;
      std::int64_t slot;
    };
    std::vector<Waiting> waiting;
    GcraState state;
    Time real = kStart;
    Duration level{};  // of what was let through, as it drains by real time at the fastest rate
    for (int i = 0; i < 500; ++i) {
      const Duration passed(
          static_cast<std::int64_t>(rng.below(rng.below(9) == 0 ? 3'000'000'000 : 100'000'000)));
      real += passed;
      level = std::max(level - passed, Duration::zero());
      const Time now = rng.below(2) == 0 ? real + error : real - error;
      if (!waiting.empty() && rng.below(3) == 0) {
        const std::size_t which = rng.below(waiting.size());
        const Duration before = state.returned;
        give_back(state, limits.at(waiting[which].limit), now, waiting[which].slot, 1);
        returned += state.returned > before ? 1 : 0;
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      const std::size_t which = changes && rng.below(8) == 0 ? 1 : 0;
      const Charge result = charge(state, limits.at(which), now, 1);
      if (!result.admitted) continue;
      if (rng.below(2) == 0) {
        waiting.push_back({which, result.slot});
        continue;
      }
      level += fastest;
      ASSERT_LE(level, fastest * widest.burst + 2 * error) << "seed " << seed;
    }
  }
  EXPECT_GT(returned, 10'000) << "and it was put to the test";
}

TEST(GcraTest, BearsTheLargestNumbers) {
  const GcraLimit limit = GcraLimit::per_window(1, hours(24 * 366), 1, hours(24 * 366));
  GcraState state;
  EXPECT_TRUE(charge(state, limit, kStart, 1).admitted);
  EXPECT_FALSE(charge(state, limit, kStart, 1).admitted);
  EXPECT_FALSE(charge(state, limit, Time(Duration(0)), 1).admitted);
  const GcraLimit quick = GcraLimit::per_window(1'000'000'000, seconds(1), 1'000'000'000);
  EXPECT_EQ(quick.interval, Duration(1));
  GcraState other;
  EXPECT_TRUE(charge(other, quick, kStart, 1'000'000'000).admitted);
  EXPECT_FALSE(charge(other, quick, kStart, 1).admitted);
}

}  // namespace
}  // namespace weir::limit
