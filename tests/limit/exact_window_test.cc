// Single facts and extremes of the exact window; the properties are in the other files.
#include "limit/exact_window.h"

#include <gtest/gtest.h>

#include "base/duration.h"

namespace weir::limit {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time at(Duration since) {
  return Time(since);
}

TEST(Geometry, CutsAWindowIntoAsManySlotsOfATenthOfASecondAsItHoldsUpToSixty) {
  EXPECT_EQ(Geometry::for_window(milliseconds(1)).slots(), 1);
  EXPECT_EQ(Geometry::for_window(milliseconds(1)).slot_width(), milliseconds(1));
  EXPECT_EQ(Geometry::for_window(milliseconds(199)).slots(), 1);
  EXPECT_EQ(Geometry::for_window(seconds(1)).slots(), 10);
  EXPECT_EQ(Geometry::for_window(seconds(6)).slots(), 60);
  EXPECT_EQ(Geometry::for_window(minutes(1)).slots(), 60);
  EXPECT_EQ(Geometry::for_window(hours(24)).slot_width(), minutes(24));
}

TEST(Geometry, NeverSpansLessThanTheWindowAndTwiceTheSkew) {
  for (std::int64_t ns = 1'000'000; ns < kMaxDuration.count(); ns = ns * 3 + 7) {
    for (const Duration skew :
         {Duration(0), Duration(1), Duration(milliseconds(333)), Duration(hours(1))}) {
      const Geometry geometry = Geometry::for_window(Duration(ns), skew);
      EXPECT_GE(geometry.span(), Duration(ns) + 2 * skew);
      EXPECT_LT(geometry.span(), Duration(ns) + 2 * skew + Duration(geometry.slots()));
    }
  }
}

TEST(Geometry, PacksIntoOneNumberAndBack) {
  for (const Duration window : {Duration(milliseconds(1)), Duration(seconds(7)), kMaxDuration}) {
    const Geometry geometry = Geometry::for_window(window, milliseconds(50));
    EXPECT_EQ(Geometry::unpack(geometry.packed()), geometry);
  }
}

TEST(Geometry, RefusesToUnpackWhatNoWindowPacksTo) {
  const std::int64_t width = Duration(kMinWindow).count() * 64;
  EXPECT_TRUE(Geometry::unpack(width + 1));
  EXPECT_TRUE(Geometry::unpack(width + kMaxSlots));
  for (const std::int64_t word : {width, width - 64 + 1, width + kMaxSlots + 1, std::int64_t{0},
                                  std::int64_t{-1}, INT64_MIN, std::int64_t{63}}) {
    EXPECT_FALSE(Geometry::unpack(word)) << word;
  }
}

TEST(Geometry, RoundsTowardsThePastAlsoBefore1970) {
  const Geometry geometry = Geometry::for_window(seconds(1));
  EXPECT_EQ(geometry.slot_of(at(Duration(0))), 0);
  EXPECT_EQ(geometry.slot_of(at(milliseconds(100) - Duration(1))), 0);
  EXPECT_EQ(geometry.slot_of(at(milliseconds(100))), 1);
  EXPECT_EQ(geometry.slot_of(at(Duration(-1))), -1);
  EXPECT_EQ(geometry.slot_of(at(milliseconds(-100))), -1);
  EXPECT_EQ(geometry.slot_of(at(milliseconds(-100) - Duration(1))), -2);
}

TEST(Geometry, GivesEachOfAWindowsSlotsAPlaceOfItsOwnAlsoBefore1970) {
  const Geometry geometry = Geometry::for_window(seconds(1));
  for (std::int64_t first = -30; first < 5; ++first) {
    std::array<bool, 11> taken{};
    for (std::int64_t slot = first; slot < first + 11; ++slot) {
      EXPECT_FALSE(std::exchange(taken.at(geometry.ring_index(slot)), true));
    }
  }
}

// A clock may say anything. Whatever it says is answered, and never with more than N.
TEST(ExactWindow, BearsTheFirstAndTheLastInstantOfTime) {
  for (const Duration window : {Duration(milliseconds(1)), Duration(seconds(1)), kMaxDuration}) {
    const WindowLimit limit{2, Geometry::for_window(window)};
    WindowState state;
    const auto charge_at = [&](Time now) {
      return charge(state.ref(limit.geometry), limit, now, 1);
    };
    EXPECT_TRUE(charge_at(Time::min()).admitted);
    EXPECT_TRUE(charge_at(Time::min()).admitted);
    EXPECT_FALSE(charge_at(Time::min()).admitted);
    EXPECT_TRUE(charge_at(Time::max()).admitted);
    EXPECT_TRUE(charge_at(Time::min()).admitted) << "filed under the newest slot";
    const Charge refused = charge_at(Time::max());
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.room_at, Time::max()) << "there is no time left for room";
    EXPECT_FALSE(charge_at(Time()).admitted);
  }
}

TEST(ExactWindow, BearsCostsAndLimitsAtTheirBounds) {
  const WindowLimit limit{kMaxCount, Geometry::for_window(seconds(1))};
  WindowState state;
  const auto charge_cost = [&](std::int64_t cost) {
    return charge(state.ref(limit.geometry), limit, at(seconds(10)), cost).admitted;
  };
  EXPECT_FALSE(charge_cost(INT64_MAX));
  EXPECT_FALSE(charge_cost(kMaxCount + 1));
  EXPECT_TRUE(charge_cost(kMaxCount));
  EXPECT_FALSE(charge_cost(1));
  EXPECT_FALSE(charge_cost(INT64_MAX));
  EXPECT_EQ(state.total, kMaxCount);
}

TEST(ExactWindow, ChangesNothingWhenItRefuses) {
  const WindowLimit limit{3, Geometry::for_window(seconds(1))};
  WindowState state;
  ASSERT_TRUE(charge(state.ref(limit.geometry), limit, at(seconds(10)), 3).admitted);
  const WindowState before = state;
  for (const Duration later : {Duration(0), Duration(milliseconds(500)), Duration(seconds(1))}) {
    EXPECT_FALSE(charge(state.ref(limit.geometry), limit, at(seconds(10) + later), 1).admitted);
    EXPECT_EQ(state, before);
  }
}

TEST(ExactWindow, GivesBackOnlyWhatIsStillInTheSlot) {
  const WindowLimit limit{10, Geometry::for_window(seconds(1))};
  WindowState state;
  const auto ref = state.ref(limit.geometry);
  const Charge first = charge(ref, limit, at(seconds(10)), 4);
  ASSERT_TRUE(charge(ref, limit, at(milliseconds(10'500)), 3).admitted);
  give_back(ref, limit.geometry, first.slot, 100);
  EXPECT_EQ(state.total, 3);
  give_back(ref, limit.geometry, first.slot, 1);
  give_back(ref, limit.geometry, first.slot - 1, 1);
  give_back(ref, limit.geometry, first.slot + 6, 1);
  give_back(ref, limit.geometry, INT64_MAX, 1);
  give_back(ref, limit.geometry, INT64_MIN, 1);
  EXPECT_EQ(state.total, 3);
}

// The place in the ring is that of a newer slot by then: its charges belong to somebody else.
TEST(ExactWindow, GivesBackNothingAfterTheSlotRanOut) {
  const WindowLimit limit{10, Geometry::for_window(seconds(1))};
  WindowState state;
  const auto ref = state.ref(limit.geometry);
  const Charge old = charge(ref, limit, at(seconds(10)), 4);
  const Time later = limit.geometry.slot_start(old.slot + limit.geometry.slots() + 1);
  ASSERT_TRUE(charge(ref, limit, later, 5).admitted);
  give_back(ref, limit.geometry, old.slot, 4);
  EXPECT_EQ(state.total, 5);
}

}  // namespace
}  // namespace weir::limit
