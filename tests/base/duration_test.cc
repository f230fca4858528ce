#include "base/duration.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("10s"), 10s);
  EXPECT_EQ(*parse_duration("5m"), 5min);
  EXPECT_EQ(*parse_duration("1h"), 1h);
  EXPECT_EQ(*parse_duration("31d"), 24h * 31);
  EXPECT_EQ(*parse_duration("366d"), kMaxDuration);
}

TEST(Duration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "s", "10", "-1s", "+1s", "1.5s", "10 s", "0s", "367d",
                           "10fortnights", "99999999999999999999s", "10S"}) {
    const Result<Duration> result = parse_duration(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, ErrorCode::invalid_input) << text;
    EXPECT_FALSE(result.error().cure.empty()) << text;
  }
}

TEST(Duration, SaysWhichUnitItDoesNotKnow) {
  EXPECT_EQ(parse_duration("10parsecs").error().message, "'parsecs' is not a unit of time");
}

TEST(Rate, ReadsCountsAndWindows) {
  EXPECT_EQ(*parse_rate("100/m"), (Rate{100, 1min}));
  EXPECT_EQ(*parse_rate("100/minute"), (Rate{100, 1min}));
  EXPECT_EQ(*parse_rate("5/10s"), (Rate{5, 10s}));
  EXPECT_EQ(*parse_rate("1/31d"), (Rate{1, 24h * 31}));
  EXPECT_EQ(*parse_rate("1000000000000000/d"), (Rate{kMaxCount, 24h}));
}

TEST(Rate, RefusesZeroNegativeAndHugeCounts) {
  for (const char* text : {"0/m", "-5/m", "1000000000000001/d", "100", "100/", "/m", "100/x",
                           "100/0s", "100/-1s", "1e3/m", "100/m/m", ""}) {
    EXPECT_FALSE(parse_rate(text).has_value()) << text;
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const char* text : {"1ms", "250ms", "1s", "90s", "5m", "1h", "36h", "31d"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
  EXPECT_EQ(format_rate({100, 1min}), "100/m");
  EXPECT_EQ(format_rate({5, 10s}), "5/10s");
}

TEST(Duration, SecondsAreRoundedUpSoThatNobodyComesEarly) {
  EXPECT_EQ(ceil_seconds(0ns), 0);
  EXPECT_EQ(ceil_seconds(-5s), 0);
  EXPECT_EQ(ceil_seconds(1ns), 1);
  EXPECT_EQ(ceil_seconds(1s), 1);
  EXPECT_EQ(ceil_seconds(1s + 1ns), 2);
}

}  // namespace
}  // namespace weir
