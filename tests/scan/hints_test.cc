#include "scan/limit_model/hints.h"

#include <gtest/gtest.h>

namespace weir::scan {
namespace {

const Time kNow{std::chrono::seconds(1'700'000'000)};

TEST(Hints, ReadRetryAfterInSecondsAndAsADate) {
  EXPECT_EQ(read_hints({{"Retry-After", "7"}}, kNow).retry_after_s, 7);
  EXPECT_EQ(read_hints({{"retry-after", "Tue, 14 Nov 2023 22:13:30 GMT"}}, kNow).retry_after_s, 10);
  EXPECT_EQ(read_hints({{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}, kNow).retry_after_s, 0);
}

TEST(Hints, ReadEveryShapeOfTheDraft) {
  const Hints structured = read_hints(
      {{"RateLimit-Policy", "\"burst\";q=100;w=60"}, {"RateLimit", "\"burst\";r=50;t=30"}}, kNow);
  EXPECT_EQ(structured.limit, 100);
  EXPECT_EQ(structured.window_s, 60);
  EXPECT_EQ(structured.remaining, 50);
  EXPECT_EQ(structured.reset_s, 30);
  const Hints combined = read_hints({{"RateLimit", "limit=10, remaining=3, reset=4"}}, kNow);
  EXPECT_EQ(combined.limit, 10);
  EXPECT_EQ(combined.remaining, 3);
  EXPECT_EQ(combined.reset_s, 4);
  const Hints old = read_hints({{"RateLimit-Limit", "10"}, {"RateLimit-Reset", "4"}}, kNow);
  EXPECT_EQ(old.limit, 10);
  EXPECT_EQ(old.reset_s, 4);
}

TEST(Hints, TellAPointInTimeFromAWait) {
  EXPECT_EQ(read_hints({{"X-RateLimit-Reset", "1700000012"}}, kNow).reset_s, 12);
  EXPECT_EQ(read_hints({{"X-RateLimit-Reset", "1700000012000"}}, kNow).reset_s, 12);
}

TEST(Hints, GiveNothingForNonsense) {
  for (const char* text : {"", "soon", "-1", "1e999", "nan", "\"", "Mon, 99 Foo"}) {
    const Hints hints = read_hints({{"Retry-After", text}, {"X-RateLimit-Limit", text}}, kNow);
    EXPECT_FALSE(hints.retry_after_s.has_value()) << text;
    EXPECT_FALSE(hints.limit.has_value()) << text;
    EXPECT_TRUE(hints.states_a_wait) << text;
  }
}

}  // namespace
}  // namespace weir::scan
