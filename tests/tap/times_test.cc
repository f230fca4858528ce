#include "tap/times.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::tap {
namespace {

using std::chrono::seconds;

constexpr Time kNow{seconds(1'795'620'000)};  // 2026-11-25 15:20 UTC

TEST(TimeMarksTest, FindsTheNumberOfAWindow) {
  for (const std::int64_t window : {2, 5, 60, 3600}) {
    const auto marks = time_marks("u:" + std::to_string(1'795'620'000 / window), kNow);
    ASSERT_EQ(marks.size(), 1u) << window;
    EXPECT_EQ(marks[0].kind, TimeMark::Kind::window_number);
    EXPECT_EQ(marks[0].window_s, window);
  }
}

TEST(TimeMarksTest, FindsInstantsAndCalendarsCutOff) {
  const auto kind_of = [](std::string_view text) { return time_marks(text, kNow).at(0).kind; };
  EXPECT_EQ(kind_of("1795620000"), TimeMark::Kind::instant);
  EXPECT_EQ(kind_of("1795620000123"), TimeMark::Kind::instant);
  EXPECT_EQ(kind_of("u#20261125"), TimeMark::Kind::calendar);
  EXPECT_EQ(kind_of("u#202611251520"), TimeMark::Kind::calendar);
}

TEST(TimeMarksTest, TakesNeitherWordsNorOtherNumbersForTimes) {
  for (const char* text : {"user29927000", "17", "0", "20251125", "4111111111111111", ""}) {
    EXPECT_TRUE(time_marks(text, kNow).empty()) << text;
  }
}

TEST(ReadsAsTimeTest, TakesAYearAroundNowInAnyUnit) {
  for (const double time : {1795620000.0, 1795620000e3, 1795620000e6, 1795620000e9, 1800000000.5}) {
    EXPECT_TRUE(reads_as_time(time, kNow)) << time;
  }
  for (const double other : {0.0, 5.0, 29927000.0, 1e9, 1e18 * 9}) {
    EXPECT_FALSE(reads_as_time(other, kNow)) << other;
  }
}

TEST(SecondsAheadTest, IsPositiveOnlyForTimesToCome) {
  EXPECT_NEAR(seconds_ahead(1795620005, kNow), 5, 1e-6);
  EXPECT_NEAR(seconds_ahead(1795620005500, kNow), 5.5, 1e-3);
  EXPECT_LE(seconds_ahead(1795620000, kNow), 0);
  EXPECT_LE(seconds_ahead(17, kNow), 0);
}

}  // namespace
}  // namespace weir::tap
