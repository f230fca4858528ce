#include "scan/score.h"

#include <gtest/gtest.h>

namespace weir::scan {
namespace {

Report report_with(std::vector<Finding> findings) {
  Report report;
  report.checks = {{"a", "rate-limiting", "GET /", CheckVerdict::protected_, "", 0},
                   {"b", "rate-limiting", "GET /", CheckVerdict::inconclusive, "", 0},
                   {"c", "rate-limiting", "GET /", CheckVerdict::not_applicable, "", 0}};
  report.findings = std::move(findings);
  return report;
}

Finding finding(std::string id, Severity severity, Confidence confidence) {
  Finding result;
  result.id = std::move(id);
  result.severity = severity;
  result.confidence = confidence;
  result.category = "rate-limiting";
  return result;
}

TEST(Score, IsAHundredWithoutFindingsAndShowsItsCoverage) {
  Report report = report_with({});
  score(report);
  EXPECT_EQ(report.score, 100);
  EXPECT_EQ(report.grade, 'A');
  EXPECT_DOUBLE_EQ(report.coverage, 0.5);
}

TEST(Score, MultipliesWhatTheFindingsTakeAway) {
  Report report = report_with({finding("x", Severity::medium, Confidence::confirmed),
                               finding("y", Severity::low, Confidence::firm)});
  score(report);
  EXPECT_EQ(report.score, 88);  // 100 * 0.90 * (1 - 0.03 * 0.6)
  EXPECT_EQ(report.grade, 'B');
  EXPECT_EQ(report.score_steps.size(), 2U);
}

TEST(Score, CountsOneCauseOnManyOperationsLessEachTime) {
  Report report = report_with({finding("x", Severity::medium, Confidence::confirmed),
                               finding("x", Severity::medium, Confidence::confirmed)});
  score(report);
  EXPECT_EQ(report.score, 87);  // 100 * 0.90 * 0.97
}

TEST(Score, IsCappedByOneConfirmedHighOrCriticalFinding) {
  Report high = report_with({finding("x", Severity::high, Confidence::confirmed)});
  score(high);
  EXPECT_EQ(high.score, 69);
  EXPECT_EQ(high.grade, 'D');
  Report critical = report_with({finding("x", Severity::critical, Confidence::confirmed)});
  score(critical);
  EXPECT_EQ(critical.score, 39);
  EXPECT_EQ(critical.grade, 'F');
  Report firm = report_with({finding("x", Severity::high, Confidence::firm)});
  score(firm);
  EXPECT_EQ(firm.score, 85);
}

TEST(Score, IsAnFWhereNothingCouldBeTested) {
  Report report;
  score(report);
  EXPECT_EQ(report.score, 0);
  EXPECT_EQ(report.grade, 'F');
}

}  // namespace
}  // namespace weir::scan
