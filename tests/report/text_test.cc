#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/report.h"
#include "report/visible.h"
#include "samples.h"

namespace weir::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string rendered(const scan::Report& report, const RenderOptions& options = {}) {
  const Result<std::string> text = render(report, Format::text, options);
  EXPECT_TRUE(text) << text.error().to_string();
  return *text;
}

TEST(TextReport, BeginsWithTheTargetAndTheGrade) {
  const std::string text = rendered(samples::failing());
  EXPECT_THAT(text, testing::StartsWith("Weir scan  http://127.0.0.1:8000/api/quote\n"));
  EXPECT_THAT(text,
              HasSubstr("Grade F   score 48 of 100   coverage 90 %   findings: 2 high, 2 medium"));
}

TEST(TextReport, SaysWhichLimitWasSeen) {
  EXPECT_THAT(rendered(samples::failing()),
              HasSubstr("GET /api/quote  6 per 6 s  fixed-window (clock)"));
}

TEST(TextReport, ShowsEachFindingWithWhatProvesItAndWhatMendsIt) {
  const std::string text = rendered(samples::failing(), {.colour = false, .width = 120});
  EXPECT_THAT(text, HasSubstr("HIGH  spoofed-client-address  GET /api/quote  confirmed\n"));
  EXPECT_THAT(text,
              HasSubstr("31.140 s  200          GET /api/quote  X-Forwarded-For: 203.0.113.9\n"));
  EXPECT_THAT(text,
              HasSubstr("31.120 s  429 refused  GET /api/quote  X-Weir-Control-H: 203.0.113.9\n"));
  EXPECT_THAT(text,
              HasSubstr("curl -i -H 'X-API-Key: REDACTED' -H 'X-Forwarded-For: 203.0.113.9'"));
  EXPECT_THAT(text, HasSubstr("      match: { route: /api/quote, methods: [GET] }\n"));
  EXPECT_THAT(text, HasSubstr("API4:2023, CWE-290, CWE-348, CWE-770, PCI DSS 6.2.4"));
}

TEST(TextReport, CountsTheExchangesThatItDoesNotShow) {
  EXPECT_THAT(rendered(samples::failing()), HasSubstr("12 more\n"));
  scan::Report report = samples::failing();
  report.findings[1].evidence[0].exchanges_left_out = 100;
  EXPECT_THAT(rendered(report), HasSubstr("112 more\n"));
}

TEST(TextReport, GivesTheVerdictOfEveryCheckWithItsReason) {
  const std::string text = rendered(samples::failing(), {.colour = false, .width = 160});
  EXPECT_THAT(text, HasSubstr("✗  vulnerable      boundary-burst"));
  EXPECT_THAT(text, HasSubstr("✓  protected       no-limit"));
  EXPECT_THAT(text, HasSubstr("?  inconclusive    key-injection"));
  EXPECT_THAT(text, HasSubstr("–  not applicable  misleading-retry-after"));
  EXPECT_THAT(text, HasSubstr("17 of 23 requests were refused"));
}

TEST(TextReport, ShowsHowTheScoreCameAbout) {
  const std::string text = rendered(samples::failing());
  EXPECT_THAT(text, HasSubstr("× 0.75         concurrent-overrun (high, confirmed)"));
  EXPECT_THAT(text, HasSubstr("= 48           grade F"));
}

TEST(TextReport, SaysThatTheLimitsHeld) {
  const std::string text = rendered(samples::passing());
  EXPECT_THAT(text, HasSubstr("Grade A   score 100 of 100   coverage 100 %   findings: none"));
  EXPECT_THAT(text, HasSubstr("The limits held against all 11 checks that were decisive."));
}

TEST(TextReport, DoesNotPraiseAScanThatDecidedNothing) {
  EXPECT_THAT(rendered(scan::Report{}),
              HasSubstr("Nothing was found, but nothing could be decided either."));
}

TEST(TextReport, ColoursOnlyIfAsked) {
  EXPECT_THAT(rendered(samples::failing()), Not(HasSubstr("\x1b")));
  EXPECT_THAT(rendered(samples::failing(), {.colour = true, .width = 80}), HasSubstr("\x1b[31m"));
}

TEST(TextReport, LetsNoTerminalEscapeOfTheTargetThrough) {
  const std::string text =
      rendered(samples::filled_with("\x1b[2J\xc2\x9b"
                                    "31m\r\u202Ename"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, Not(HasSubstr("\u202E")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2J\\x9b31m\\x0d\\u{202e}name"));
}

TEST(TextReport, KeepsProseWithinTheWidth) {
  std::istringstream lines(rendered(samples::failing(), {.colour = false, .width = 72}));
  for (std::string line; std::getline(lines, line);) {
    const bool to_be_copied = line.find("curl") != std::string::npos;
    EXPECT_TRUE(to_be_copied || columns(line) <= 72U) << line;
  }
}

TEST(TextReport, TakesAnyWidth) {
  for (const int width : {-5, 0, 1, 40, 200, 1'000'000}) {
    EXPECT_THAT(rendered(samples::failing(), {.colour = true, .width = width}), HasSubstr("Grade"));
  }
}

TEST(TextReport, CutsAMegabyteOfText) {
  EXPECT_LT(rendered(samples::filled_with(std::string(1'000'000, 'x'))).size(), 500'000U);
}

}  // namespace
}  // namespace weir::report
