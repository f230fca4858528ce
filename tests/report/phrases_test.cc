#include "report/phrases.h"

#include <gtest/gtest.h>

namespace weir::report {
namespace {

TEST(Phrases, GiveSecondsAsPreciselyAsTheyMatter) {
  EXPECT_EQ(seconds(0), "0.000 s");
  EXPECT_EQ(seconds(0.0042), "0.004 s");
  EXPECT_EQ(seconds(4.98), "5 s");
  EXPECT_EQ(seconds(18.44), "18.4 s");
  EXPECT_EQ(seconds(59.99), "1 min");
  EXPECT_EQ(seconds(90), "1 min 30 s");
  EXPECT_EQ(seconds(3660), "1 h 1 min");
  EXPECT_EQ(seconds(31 * 86400), "31 d");
  EXPECT_EQ(seconds(1e300), "1e+300 s");
}

TEST(Phrases, SayWhatIsKnownOfALimit) {
  EXPECT_EQ(limit_phrase(1000, 60), "1,000 per 1 min");
  EXPECT_EQ(limit_phrase(6, std::nullopt), "6, window not known");
  EXPECT_EQ(limit_phrase(std::nullopt, std::nullopt), "no limit seen");
}

TEST(Phrases, SayHowMuchOfADocumentWasTestedAndTheCommonestReasonFirst) {
  scan::Report report;
  EXPECT_EQ(coverage_phrase(report), "");
  report.operations = scan::OperationCoverage{"api.yaml",
                                              6,
                                              1,
                                              {{"GET /a", "no value"},
                                               {"POST /b", "writes"},
                                               {"POST /c", "writes"},
                                               {"POST /d", "writes"},
                                               {"POST /e", "writes"}}};
  EXPECT_EQ(coverage_phrase(report), "1 of 6 operations of api.yaml were tested.");
  const std::vector<Reason> reasons = reasons_of(*report.operations);
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].why, "writes");
  EXPECT_EQ(names_phrase(reasons[0].operations), "POST /b, POST /c, POST /d and 1 more");
  EXPECT_EQ(names_phrase(reasons[1].operations), "GET /a");
}

TEST(Phrases, RoundSharesDownSoThatOnlyAllIsAHundred) {
  EXPECT_EQ(percent(0.999), "99 %");
  EXPECT_EQ(percent(0.29), "29 %");
  EXPECT_EQ(percent(1), "100 %");
}

}  // namespace
}  // namespace weir::report
