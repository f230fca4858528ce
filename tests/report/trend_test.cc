#include "report/trend.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace weir::report {
namespace {

TEST(Trend, SaysHowTheScoreWentAndWhatChangedEachTime) {
  scan::Report third = samples::failing();
  third.checks.clear();  // its checks did not run: nothing is known to be gone
  third.findings.clear();
  const auto trends = trends_of(
      {samples::passing(), samples::failing(), samples::passing(), samples::failing(), third});
  ASSERT_EQ(trends.size(), 1U);
  ASSERT_EQ(trends[0].points.size(), 5U);
  EXPECT_EQ(trends[0].points[0].change, 0);
  EXPECT_EQ(trends[0].points[1].change, -52);
  EXPECT_EQ(trends[0].points[1].fresh.size(), 4U);
  EXPECT_EQ(trends[0].points[2].change, 52);
  EXPECT_EQ(trends[0].points[2].gone.size(), 4U);
  EXPECT_TRUE(trends[0].points[4].gone.empty());
}

TEST(Trend, KeepsTargetsApart) {
  scan::Report other = samples::failing();
  other.target = "http://127.0.0.1:9000";
  const auto trends = trends_of({samples::passing(), other, samples::passing()});
  ASSERT_EQ(trends.size(), 2U);
  EXPECT_EQ(trends[0].points.size(), 2U);
  EXPECT_EQ(trends[0].points[1].change, 0);
  EXPECT_TRUE(trends[1].points[0].fresh.empty());
}

TEST(Trend, ShowsHostileTextAsText) {
  const std::string page =
      render_trends(trends_of({samples::passing(), samples::filled_with("\x1b[31m")}), false, 100);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace weir::report
