// What is new, what is gone, and what does not count.
#include "report/baseline.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "report/suppressions.h"
#include "samples.h"

namespace weir::report {
namespace {

void take_out(scan::Report& report, const std::string& id) {
  std::erase_if(report.findings, [&id](const scan::Finding& each) { return each.id == id; });
  for (scan::CheckResult& check : report.checks) {
    if (check.id == id) check.verdict = scan::CheckVerdict::protected_;
  }
}

TEST(Baseline, TellsNewFromUnchangedAndSaysWhatIsGone) {
  scan::Report before = samples::failing();
  before.score = 60;
  take_out(before, "concurrent-overrun");
  scan::Report now = samples::failing();
  take_out(now, "limit-as-error");
  compare(now, before);
  EXPECT_EQ(now.findings[0].novelty, scan::Novelty::fresh);
  EXPECT_EQ(now.findings[1].novelty, scan::Novelty::unchanged);
  ASSERT_TRUE(now.comparison);
  EXPECT_EQ(now.comparison->score, 60);
  EXPECT_EQ(now.comparison->fresh, 1);
  EXPECT_EQ(now.comparison->unchanged, 2);
  ASSERT_EQ(now.comparison->gone.size(), 1U);
  EXPECT_EQ(now.comparison->gone[0].id, "limit-as-error");
  EXPECT_EQ(now.comparison->gone[0].now, scan::CheckVerdict::protected_);
}

TEST(Baseline, DoesNotTakeAFindingForGoneWithoutSayingThatNobodyLooked) {
  scan::Report now = samples::passing();
  now.checks.clear();
  compare(now, samples::failing());
  ASSERT_EQ(now.comparison->gone.size(), 4U);
  EXPECT_EQ(now.comparison->gone[0].now, std::nullopt);
}

TEST(Baseline, KnowsWhatABaselineOfNewOnlyLeftOut) {
  scan::Report before = samples::failing();
  before.findings.clear();  // its checks still say vulnerable
  scan::Report now = samples::failing();
  compare(now, before);
  EXPECT_EQ(now.comparison->fresh, 0);
}

TEST(Baseline, AnotherOperationIsAnotherFinding) {
  scan::Report now = samples::failing();
  now.findings[0].operation = "GET /api/other";
  compare(now, samples::failing());
  EXPECT_EQ(now.findings[0].novelty, scan::Novelty::fresh);
}

TEST(Baseline, KeepsOnlyWhatIsNewIfAskedAndSaysSo) {
  scan::Report before = samples::failing();
  take_out(before, "boundary-burst");
  scan::Report now = samples::failing();
  const std::size_t notes = now.notes.size();
  compare(now, before);
  keep_new(now);
  ASSERT_EQ(now.findings.size(), 1U);
  EXPECT_EQ(now.findings[0].id, "boundary-burst");
  ASSERT_EQ(now.notes.size(), notes + 1);
  EXPECT_TRUE(now.notes.back().starts_with("3 finding(s)"));
}

TEST(Suppressions, HoldUntilTheirLastDayAndComeBackAfterIt) {
  const std::vector<SuppressionRule> rules = {
      {"boundary-burst", "GET /api/quote", "a gateway does it", "2027-03-01"}};
  scan::Report report = samples::failing();
  suppress(report, rules, "2027-03-01");
  EXPECT_FALSE(report.findings[0].suppressed);
  ASSERT_TRUE(report.findings[2].suppressed);
  EXPECT_EQ(report.findings[2].suppressed->reason, "a gateway does it");
  suppress(report, rules, "2027-03-02");
  EXPECT_FALSE(report.findings[2].suppressed);
  EXPECT_NE(report.notes.back().find("expired on 2027-03-01: a gateway does it"),
            std::string::npos);
}

TEST(Suppressions, OfOneOperationLeaveTheOthersAlone) {
  scan::Report report = samples::failing();
  suppress(report, {{"boundary-burst", "GET /other", "why", "2027-03-01"}}, "2026-11-25");
  EXPECT_FALSE(report.findings[2].suppressed);
  EXPECT_NE(report.notes.back().find("covers no finding"), std::string::npos);
  suppress(report, {{"boundary-burst", "", "why", "2027-03-01"}}, "2026-11-25");
  EXPECT_TRUE(report.findings[2].suppressed);
}

}  // namespace
}  // namespace weir::report
