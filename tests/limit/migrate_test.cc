// What a change of limit or window keeps: see migrate() in exact_window.h.
#include <gtest/gtest.h>

#include <utility>

#include "base/rng.h"
#include "limit/exact_window.h"
#include "support/window_checker.h"

namespace weir::test {
namespace {

using limit::Geometry;
using limit::WindowLimit;
using limit::WindowState;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

TEST(Migrate, KeepsEverySlotsChargesApart) {
  const Geometry from = Geometry::for_window(seconds(10));
  const Geometry to = Geometry::for_window(minutes(1));
  WindowState state;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(charge(state.ref(from), {100, from}, kStart + seconds(i), 1).admitted);
  }
  WindowState moved = migrate(state, from, to, kStart + seconds(9));
  EXPECT_EQ(moved.total, 10);
  // Room comes back one by one, as the charges were made.
  const auto free_at = [&](Duration later) {
    return peek(moved.ref(to), {10, to}, kStart + later, 11).remaining;
  };
  EXPECT_EQ(free_at(seconds(60)), 0);
  EXPECT_EQ(free_at(seconds(61)), 1);
  EXPECT_EQ(free_at(seconds(65)), 5);
  EXPECT_EQ(free_at(seconds(70)), 10);
}

TEST(Migrate, ForgetsWhatRanOutUnderTheOldGeometry) {
  const Geometry from = Geometry::for_window(seconds(1));
  const Geometry to = Geometry::for_window(hours(1));
  WindowState state;
  ASSERT_TRUE(charge(state.ref(from), {9, from}, kStart, 4).admitted);
  ASSERT_TRUE(charge(state.ref(from), {9, from}, kStart + milliseconds(600), 3).admitted);
  EXPECT_EQ(migrate(state, from, to, kStart + milliseconds(900)).total, 7);
  EXPECT_EQ(migrate(state, from, to, kStart + milliseconds(1200)).total, 3);
  EXPECT_EQ(migrate(state, from, to, kStart + seconds(9)), WindowState());
  EXPECT_EQ(migrate(WindowState(), from, to, kStart), WindowState());
}

TEST(Migrate, ToTheSameGeometryChangesNoDecision) {
  const Geometry geometry = Geometry::for_window(seconds(3));
  Rng rng(1);
  WindowState plain, moved;
  Time now = kStart;
  for (int i = 0; i < 3000; ++i) {
    now += milliseconds(rng.below(300));
    moved = migrate(moved, geometry, geometry, now);
    const auto cost = static_cast<std::int64_t>(1 + rng.below(3));
    const auto expected = charge(plain.ref(geometry), {9, geometry}, now, cost);
    const auto actual = charge(moved.ref(geometry), {9, geometry}, now, cost);
    ASSERT_EQ(actual.admitted, expected.admitted);
    ASSERT_EQ(actual.remaining, expected.remaining);
  }
}

// A charge of a wide slot is not taken to be much later than the present: a shorter window opens
// nearly as soon as it would have.
TEST(Migrate, HoldsNoRoomBackForMuchLongerThanTheNewWindow) {
  const Geometry from = Geometry::for_window(hours(24));
  const Geometry to = Geometry::for_window(seconds(10));
  const Time now = from.slot_start(from.slot_of(kStart));
  WindowState state;
  ASSERT_TRUE(charge(state.ref(from), {5, from}, now, 5).admitted);
  WindowState moved = migrate(state, from, to, now);
  EXPECT_FALSE(charge(moved.ref(to), {5, to}, now, 1).admitted);
  const Time empty = now + 2 * limit::kMaxAhead + to.span() + to.slot_width();
  EXPECT_TRUE(charge(moved.ref(to), {5, to}, empty, 5).admitted);
}

// Found by the simulator: the newest slot moves ahead of the clock, and with it went what was
// charged a moment before.
TEST(Migrate, KeepsWhatIsNotOverByTheClockWhereTheNewestSlotMovesAhead) {
  const Geometry from = Geometry::for_window(minutes(1));
  const Geometry to = Geometry::for_window(milliseconds(10));
  const Time turn = from.slot_start(from.slot_of(kStart));
  WindowState state;
  ASSERT_TRUE(charge(state.ref(from), {5, from}, turn - milliseconds(1), 3).admitted);
  ASSERT_TRUE(charge(state.ref(from), {5, from}, turn + milliseconds(1), 2).admitted);
  EXPECT_EQ(migrate(state, from, to, turn + milliseconds(1)).total, 5);
  EXPECT_EQ(migrate(state, from, to, turn + milliseconds(30)).total, 2);
}

TEST(Migrate, BearsTheEndsOfTime) {
  for (const Time now : {Time::min(), Time(), Time::max()}) {
    for (const Duration before : {Duration(milliseconds(1)), Duration(hours(24 * 366))}) {
      for (const Duration after : {Duration(milliseconds(1)), Duration(hours(24 * 366))}) {
        const Geometry from = Geometry::for_window(before), to = Geometry::for_window(after);
        WindowState state;
        ASSERT_TRUE(charge(state.ref(from), {5, from}, now, 5).admitted);
        EXPECT_EQ(migrate(state, from, to, now).total, 5);
        EXPECT_EQ(migrate(state, from, to, Time::min()).total, 5) << "a clock that lags";
      }
    }
  }
}

constexpr std::array<std::int64_t, 5> kLimits = {1, 2, 7, 20, 100};

// Any chain of limits and windows, each clock off by up to the skew: no interval of real time as
// long as the shortest window holds more than the limit that its last admission was made under.
// (So none holds more than the largest limit.) And all of N is usable in the end.
TEST(Migrate, NeverAdmitsMoreThanTheLimitInForceOverTheShortestWindow) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const Duration skew = milliseconds(seed % 2 == 0 ? 0 : rng.below(900));
    std::vector<Duration> windows;
    for (int i = 0; i < 3; ++i) windows.push_back(milliseconds(1 + rng.below(20'000)));
    const Duration shortest = *std::min_element(windows.begin(), windows.end());

    WindowLimit limit{kLimits.at(rng.below(5)), Geometry::for_window(windows[0], skew)};
    WindowState state;
    std::vector<Admission> admissions;
    Time real = kStart;
    std::int64_t largest = limit.n;
    for (int i = 0; i < 500; ++i) {
      if (rng.below(3) == 0) {
        real += Duration(static_cast<std::int64_t>(
            rng.below(static_cast<std::uint64_t>(shortest.count()) * (1 + rng.below(2)))));
      }
      const auto error =
          static_cast<std::int64_t>(rng.below(2 * static_cast<std::uint64_t>(skew.count()) + 1));
      const Time now = real - skew + Duration(error);
      if (rng.below(12) == 0) {
        const WindowLimit next{kLimits.at(rng.below(5)),
                               Geometry::for_window(windows[rng.below(windows.size())], skew)};
        state = migrate(state, limit.geometry, next.geometry, now);
        limit = next;
        largest = std::max(largest, limit.n);
      }
      const auto cost = static_cast<std::int64_t>(1 + rng.below(3));
      if (!charge(state.ref(limit.geometry), limit, now, cost).admitted) continue;
      admissions.push_back({real, cost});
      std::int64_t recent = 0;
      for (const Admission& admission : admissions) {
        if (real - admission.at <= shortest) recent += admission.cost;
      }
      ASSERT_LE(recent, limit.n) << "seed " << seed;
    }
    ASSERT_LE(fullest_window(admissions, shortest).admitted, largest);

    const WindowLimit last{limit.n, Geometry::for_window(minutes(1), skew)};
    state = migrate(state, limit.geometry, last.geometry, real);
    const Time empty = real + 2 * skew + last.geometry.span() + 2 * last.geometry.slot_width();
    ASSERT_TRUE(charge(state.ref(last.geometry), last, empty, last.n).admitted);
  }
}

// What was charged ahead is let through later, by the clock that charged it, while its slot lasts
// and for kMaxAhead at most: whatever has become of the window meanwhile.
TEST(Migrate, ForgetsNoChargeOfWhatIsYetToBeLetThrough) {
  struct Ahead {
    Geometry geometry;
    std::int64_t slot = 0;
    Time until{};
    Duration clock{};  // how far it is off
    std::int64_t left = 0;
  };
  std::int64_t let_through_after_a_change = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    Rng rng(seed);
    const auto below = [&](Duration most) {
      return Duration(
          static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most.count()))));
    };
    const Duration skew = milliseconds(seed % 2 == 0 ? 0 : rng.below(400));
    // One that has forgotten before the slots of another end.
    const std::array<Duration, 2> windows = {milliseconds(1 + rng.below(500)),
                                             milliseconds(1'000 + rng.below(600'000))};
    const Duration shortest = *std::min_element(windows.begin(), windows.end());
    WindowLimit limit{kLimits.at(rng.below(5)), Geometry::for_window(windows[0], skew)};
    std::int64_t largest = limit.n;
    WindowState state;
    std::vector<Ahead> charged;
    std::vector<Admission> admissions;
    Time real = kStart;
    for (int i = 0; i < 500; ++i) {
      if (rng.below(3) == 0) real += below(milliseconds(1) + shortest / (1 + rng.below(8)));
      const Duration clock = below(2 * skew + Duration(1)) - skew;
      if (rng.below(12) == 0) {
        const WindowLimit next{kLimits.at(rng.below(5)),
                               Geometry::for_window(windows[rng.below(windows.size())], skew)};
        state = migrate(state, limit.geometry, next.geometry, real + clock);
        limit = next;
        largest = std::max(largest, limit.n);
      }
      const auto cost = static_cast<std::int64_t>(1 + rng.below(5));
      const auto charge = limit::charge(state.ref(limit.geometry), limit, real + clock, cost);
      if (charge.admitted) {
        charged.push_back(
            {limit.geometry, charge.slot, real + clock + limit::kMaxAhead, clock, cost});
      }
      const bool is_burst = rng.below(15) == 0;
      for (Ahead& ahead : charged) {
        const Time now = real + ahead.clock;
        if ((!is_burst && rng.below(30) != 0) || ahead.left == 0 || now > ahead.until ||
            ahead.geometry.slot_of(now) > ahead.slot) {
          continue;
        }
        admissions.push_back({real, std::exchange(ahead.left, 0)});
        let_through_after_a_change += ahead.geometry != limit.geometry ? 1 : 0;
      }
    }
    ASSERT_LE(fullest_window(admissions, shortest).admitted, largest) << "seed " << seed;
  }
  EXPECT_GT(let_through_after_a_change, 1'000) << "and it was put to the test";
}

}  // namespace
}  // namespace weir::test
