// The fixed window: N in each window of the calendar, and no fresh window but at an edge.
#include "limit/fixed_window.h"

#include <gtest/gtest.h>

namespace weir::limit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

FixedWindowLimit hour(std::int64_t n, int number) {
  return {n, kStart + hours(number), kStart + hours(number + 1)};
}

std::int64_t admitted_of(FixedWindowState& state, const FixedWindowLimit& limit, int tries) {
  std::int64_t admitted = 0;
  for (int i = 0; i < tries; ++i) admitted += charge(state, limit, 1).admitted ? 1 : 0;
  return admitted;
}

TEST(FixedWindowTest, AdmitsNInEachWindow) {
  FixedWindowState state;
  EXPECT_EQ(admitted_of(state, hour(3, 0), 9), 3);
  EXPECT_EQ(admitted_of(state, hour(3, 1), 9), 3);
  EXPECT_EQ(admitted_of(state, hour(3, 5), 9), 3);
}

TEST(FixedWindowTest, ChargesALaggingClockToTheWindowThatOthersHaveBegun) {
  FixedWindowState state;
  ASSERT_EQ(admitted_of(state, hour(3, 1), 2), 2);
  EXPECT_EQ(admitted_of(state, hour(3, 0), 9), 1);
  EXPECT_EQ(admitted_of(state, hour(3, 1), 9), 0);
}

TEST(FixedWindowTest, SaysThatRoomComesAtTheEndOfTheWindow) {
  FixedWindowState state;
  Charge first = charge(state, hour(3, 0), 2);
  EXPECT_EQ(first.remaining, 1);
  EXPECT_EQ(first.room_at, kStart + hours(1));
  Charge refused = charge(state, hour(3, 0), 2);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.remaining, 1);
  EXPECT_EQ(refused.room_at, kStart + hours(1));
  EXPECT_EQ(charge(state, hour(3, 0), 4).room_at, Time::max()) << "never fits";
  EXPECT_FALSE(charge(state, hour(3, 0), INT64_MAX).admitted);
}

TEST(FixedWindowTest, TakesTheCountAlongWhenThePolicyChangesTheUnit) {
  FixedWindowState state;
  ASSERT_EQ(admitted_of(state, hour(3, 2), 9), 3);
  const FixedWindowLimit day{5, kStart, kStart + hours(24)};
  EXPECT_EQ(admitted_of(state, day, 9), 2);
  EXPECT_EQ(admitted_of(state, hour(3, 2), 9), 0);
}

TEST(FixedWindowTest, GivesBackOnlyToTheWindowThatWasCharged) {
  FixedWindowState state;
  const Charge first = charge(state, hour(3, 0), 2);
  give_back(state, first.slot, 2);
  EXPECT_EQ(admitted_of(state, hour(3, 0), 9), 3);
  ASSERT_EQ(admitted_of(state, hour(3, 1), 9), 3);
  give_back(state, first.slot, 2);
  EXPECT_EQ(admitted_of(state, hour(3, 1), 9), 0);
}

}  // namespace
}  // namespace weir::limit
