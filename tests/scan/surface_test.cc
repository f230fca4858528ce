// What a Surface may send, and how it waits.
#include "scan/surface/surface.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scan/checks/surface_check.h"
#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::Reply;

TEST(Surface, SendsNothingThatCouldChangeSomethingUnlessItWasAllowed) {
  ApiScan scan("transport", [](const Request&) { return Reply{200, "{}"}; });
  Prober prober(scan.target, scan.clock, [](Time, std::string_view) { return true; }, {});
  Rng rng(1);
  Surface surface(prober, rng, scan.plan, &scan.plan.operations[0]);
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "TRACE"}) {
    EXPECT_EQ(surface.send(surface.with_method(method), "").response.failure, Failure::not_sent)
        << method;
  }
  EXPECT_TRUE(scan.target.arrived.empty());
  EXPECT_TRUE(surface.send(surface.with_method("OPTIONS"), "").ok());
}

TEST(Surface, SendsAPostOnlyWhereTheOperationIsOneThatTheUserAllowed) {
  ApiScan scan("transport", [](const Request&) { return Reply{200, "{}"}; });
  scan.request().method = "POST";
  Prober prober(scan.target, scan.clock, [](Time, std::string_view) { return true; }, {});
  Rng rng(1);
  Surface unasked(prober, rng, scan.plan, &scan.plan.operations[0]);
  EXPECT_FALSE(unasked.baseline().ok());
  scan.plan.allow_writes = true;
  Surface allowed(prober, rng, scan.plan, &scan.plan.operations[0]);
  EXPECT_TRUE(allowed.baseline().ok());
  EXPECT_FALSE(allowed.send(allowed.with_method("PUT"), "").ok());
}

TEST(Surface, WaitsForRoomAsTheRefusalSaysAndGivesUpAfterMaxWait) {
  int sent = 0;
  ApiScan scan("transport", [&](const Request&) {
    if (++sent == 2) return Reply{429, "{}", {{"Retry-After", "7"}}};
    return Reply{200, "{}"};
  });
  const Report report = scan.run();
  EXPECT_GE(report.duration_s, 7.0);
  EXPECT_EQ(test::verdict(report, "cookie-flags"), CheckVerdict::not_applicable);

  bool open = true;
  ApiScan shut("transport", [&open](const Request&) {
    Reply reply{200, "{}"};
    if (!open) reply = Reply{429, "{}", {{"Retry-After", "30"}}};
    open = false;
    return reply;
  });
  shut.plan.max_wait_s = 65;
  const Report none = shut.run();
  EXPECT_LE(none.duration_s, 2 * 65 + 1.0);
  EXPECT_EQ(test::verdict(none, "cookie-flags"), CheckVerdict::inconclusive);
  EXPECT_TRUE(none.findings.empty());
}

TEST(Surface, NeverSendsMoreThanTheScansBound) {
  ApiScan scan("data-exposure", [](const Request&) { return Reply{200, "{}"}; });
  scan.plan.bounds.max_requests = 5;
  EXPECT_LE(scan.run().requests, 5);
  EXPECT_LE(scan.target.arrived.size(), 5U);
}

TEST(Surface, KeepsRequestsBackFromTheScanOfTheLimit) {
  test::VirtualScan scan({});
  scan.plan.categories = {};
  scan.plan.bounds.max_requests = 200;
  const Report report = scan.run().report;
  EXPECT_LE(report.requests, 200);
  EXPECT_EQ(test::verdict(report, "stack-trace-exposed"), CheckVerdict::protected_);
}

TEST(Categories, HaveFourChecksEachAndNoIdTwice) {
  std::vector<std::string> ids;
  for (const SurfaceCategory& category : surface_categories()) {
    EXPECT_GE(category.checks.size(), 4U) << category.name;
    for (const SurfaceCheck& check : category.checks) {
      EXPECT_STREQ(check.info->category, category.name) << check.info->id;
      ids.emplace_back(check.info->id);
    }
  }
  for (const Check& check : rate_limiting_checks()) ids.emplace_back(check.info->id);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST(Report, BreaksDownByCategoryAndScoresTheirMean) {
  ApiScan scan("transport", [](const Request&) {
    Reply reply{200, R"({"card_number":"4539578763621486"})"};
    reply.headers.push_back({"Set-Cookie", "sid=1; HttpOnly; SameSite=Lax"});
    return reply;
  });
  scan.plan.loopback = true;
  scan.plan.categories = {"transport", "data-exposure"};
  const Report report = scan.run();
  EXPECT_EQ(report.categories.at("transport"), 100);
  EXPECT_LT(report.categories.at("data-exposure"), 60);
  EXPECT_EQ(report.score, 39) << "a confirmed critical finding caps the mean";
}

}  // namespace
}  // namespace weir::scan
