#include "store/dynamodb/clock_check.h"

#include <gtest/gtest.h>

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// 2026-11-23 21:36:20 UTC
constexpr Time kInstant{seconds(1'795'469'780)};
constexpr const char* kDate = "Mon, 23 Nov 2026 21:36:20 GMT";

TEST(HttpDate, IsReadInItsOneForm) {
  EXPECT_EQ(parse_http_date(kDate), kInstant);
  for (const char* text : {"", "Mon, 23 Nov 2026 21:36:20", "Mon, 31 Feb 2026 21:36:20 GMT",
                           "Mon, 23 Nov 2026 24:36:20 GMT", "Mon, 23 Nov 9999 21:36:20 GMT",
                           "Mon, 23 nov 2026 21:36:20 GMT", "Monday, 23-Nov-26 21:36:20 GMT",
                           "Mon, 23 Nov 2026 21:3x:20 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(ClockCheck, KnowsNothingBeforeTheFirstDate) {
  ClockCheck check(seconds(30));
  check.observe("rubbish", kInstant, kInstant);
  EXPECT_FALSE(check.skew());
  EXPECT_TRUE(check.verdict());
}

TEST(ClockCheck, IsCertainOfNothingWithinTheSecondThatADateHides) {
  ClockCheck check(seconds(30));
  check.observe(kDate, kInstant + milliseconds(400), kInstant + milliseconds(450));
  ASSERT_TRUE(check.skew());
  EXPECT_EQ(check.skew()->certain(), Duration::zero());
}

TEST(ClockCheck, NarrowsItsBoundsWithEachAnswer) {
  ClockCheck check(seconds(30));
  check.observe(kDate, kInstant + milliseconds(100), kInstant + milliseconds(110));
  check.observe(kDate, kInstant + milliseconds(900), kInstant + milliseconds(910));
  EXPECT_EQ(check.skew()->least, milliseconds(-100));
  EXPECT_EQ(check.skew()->most, milliseconds(110));
}

TEST(ClockCheck, BeginsAgainWhenAClockWasMoved) {
  ClockCheck check(seconds(30));
  check.observe(kDate, kInstant, kInstant);
  check.observe(kDate, kInstant + seconds(3600), kInstant + seconds(3600));
  EXPECT_FALSE(check.verdict());
  check.observe(kDate, kInstant, kInstant);
  EXPECT_TRUE(check.verdict());
}

TEST(ClockCheck, SaysHowFarOffTheClockIsAndWhichWay) {
  ClockCheck ahead(seconds(30));
  ahead.observe(kDate, kInstant + seconds(3601), kInstant + seconds(3601));
  const Status first = ahead.verdict();
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().message, "this machine's clock is 3600 s ahead of DynamoDB's");
  EXPECT_TRUE(first.error().transient);

  ClockCheck behind(seconds(30));
  behind.observe(kDate, kInstant - seconds(60), kInstant - seconds(60));
  const Status second = behind.verdict();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "this machine's clock is 60 s behind DynamoDB's");
}

TEST(ClockCheck, BearsItsHardBoundAndNotMore) {
  ClockCheck at(seconds(30));
  at.observe(kDate, kInstant + seconds(31), kInstant + seconds(31));
  EXPECT_TRUE(at.verdict());
  ClockCheck beyond(seconds(30));
  beyond.observe(kDate, kInstant + seconds(31) + Duration(1), kInstant + seconds(32));
  EXPECT_FALSE(beyond.verdict());
}

}  // namespace
}  // namespace weir::store
