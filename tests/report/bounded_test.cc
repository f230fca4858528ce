#include "report/bounded.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "report/bounds.h"
#include "samples.h"

namespace weir::report {
namespace {

using samples::with_many;

scan::Report with_exchanges(std::size_t count) {
  scan::Report report = with_many(2);
  scan::Evidence& evidence = report.findings.at(0).evidence.at(0);
  evidence.exchanges.clear();
  for (std::size_t i = 0; i < count; ++i) {
    scan::Exchange exchange;
    exchange.status = static_cast<int>(i);
    evidence.exchanges.push_back(exchange);
  }
  return report;
}

TEST(Bounded, LeavesAReportWithinTheBoundsAsItIs) {
  const scan::Report report = samples::failing();
  const scan::Report shown = bounded(report);
  EXPECT_EQ(shown.notes, report.notes);
  EXPECT_EQ(shown.findings.size(), report.findings.size());
  EXPECT_EQ(shown.findings[0].why, report.findings[0].why);
  EXPECT_EQ(shown.findings[1].evidence[0].exchanges.size(), 20U);
  EXPECT_EQ(shown.timelines[0].points.size(), report.timelines[0].points.size());
}

TEST(Bounded, KeepsEverythingAtTheBoundAndSaysWhatItLeavesOutPastIt) {
  scan::Report report = samples::failing();
  report.checks.resize(kMaxChecks, report.checks[0]);
  report.timelines[0].points.resize(kMaxTimelinePoints, report.timelines[0].points[0]);
  EXPECT_EQ(bounded(report).notes.size(), report.notes.size());

  report.checks.push_back(report.checks[0]);
  report.timelines[0].points.push_back(report.timelines[0].points[0]);
  const scan::Report shown = bounded(report);
  EXPECT_EQ(shown.checks.size(), kMaxChecks);
  EXPECT_EQ(shown.timelines[0].points.size(), kMaxTimelinePoints);
  ASSERT_EQ(shown.notes.size(), report.notes.size() + 2);
  EXPECT_EQ(shown.notes[1], "This report shows the first 5000 of 5001 checks");
  EXPECT_EQ(shown.notes[2], "This report shows the first 10000 of 10001 requests in the timeline");
}

TEST(Bounded, KeepsBothEndsOfALongExchange) {
  EXPECT_EQ(bounded(with_exchanges(kMaxExchanges)).findings[0].evidence[0].exchanges_left_out, 0U);

  const scan::Report shown = bounded(with_exchanges(kMaxExchanges + 5));
  const scan::Evidence& evidence = shown.findings[0].evidence[0];
  ASSERT_EQ(evidence.exchanges.size(), kMaxExchanges);
  EXPECT_EQ(evidence.exchanges_left_out, 5U);
  EXPECT_EQ(evidence.exchanges.front().status, 0);
  EXPECT_EQ(evidence.exchanges[kMaxExchanges / 2].status, static_cast<int>(kMaxExchanges / 2 + 5));
  EXPECT_EQ(evidence.exchanges.back().status, static_cast<int>(kMaxExchanges + 4));
}

TEST(Bounded, CutsEveryList) {
  const scan::Report shown = bounded(with_many(11'000));
  EXPECT_EQ(shown.findings.size(), kMaxFindings);
  EXPECT_EQ(shown.findings[0].evidence.size(), kMaxEvidence);
  EXPECT_EQ(shown.limits.size(), kMaxLimits);
  EXPECT_EQ(shown.categories.size(), kMaxCategories);
  EXPECT_EQ(shown.score_steps.size(), kMaxScoreSteps);
  EXPECT_EQ(shown.timelines.size(), kMaxTimelines);
  EXPECT_LE(shown.notes.size(), 2 * kMaxNotes);
}

TEST(Bounded, MakesNumbersFitToBeWritten) {
  scan::Report report = samples::failing();
  report.coverage = std::nan("");
  report.duration_s = std::numeric_limits<double>::infinity();
  report.score = 1000;
  report.grade = '<';
  report.limits[0].fit = 7;
  report.limits[0].window_s = std::nan("");
  report.timelines[0].points[0].t_s = -std::numeric_limits<double>::infinity();
  const scan::Report shown = bounded(report);
  EXPECT_EQ(shown.coverage, 0);
  EXPECT_EQ(shown.duration_s, 0);
  EXPECT_EQ(shown.score, 100);
  EXPECT_EQ(shown.grade, 'F');
  EXPECT_EQ(shown.limits[0].fit, 1);
  EXPECT_EQ(shown.limits[0].window_s, 0);
  EXPECT_EQ(shown.timelines[0].points[0].t_s, 0);
}

}  // namespace
}  // namespace weir::report
