// What the page says, and that nothing said by a target becomes markup. How it looks and behaves is
// shown in a real browser by browser_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "report/html_tree.h"
#include "report/report.h"
#include "samples.h"

namespace weir::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string rendered(const scan::Report& report) {
  const Result<std::string> page = render(report, Format::html, {});
  EXPECT_TRUE(page) << page.error().to_string();
  return *page;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++times;
  }
  return times;
}

// The page without its text: what is between '<' and '>'. Neither stands inside of an attribute.
std::string markup_of(const std::string& page) {
  std::string markup;
  bool inside = false;
  for (const char character : page) {
    inside = inside || character == '<';
    if (inside) markup += character;
    if (character == '>') inside = false;
  }
  return markup;
}

TEST(HtmlTree, WritesTextAndAttributesSoThatTheyStayWhatTheyAre) {
  HtmlTree tree("en");
  tree.body().add("p", {{"title", "\"><b>'&amp;"}}, "</p><script>a && b</script>");
  const std::string page = tree.serialised();
  EXPECT_THAT(page, HasSubstr("&lt;/p&gt;&lt;script&gt;a &amp;&amp; b&lt;/script&gt;</p>"));
  EXPECT_THAT(page, HasSubstr("<p title=\"&quot;&gt;&lt;b&gt;'&amp;amp;\">"));
}

TEST(HtmlTree, ShowsCharactersThatCannotBeSeen) {
  HtmlTree tree("en");
  tree.body().add("p", std::string("a\0b\x1b\u202E", 7));
  EXPECT_THAT(tree.serialised(), HasSubstr("<p>a\\x00b\\x1b\\u{202e}</p>"));
}

TEST(HtmlReport, IsOneFileThatAsksForNothing) {
  const std::string page = rendered(samples::failing());
  const std::string markup = markup_of(page);
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>\n<html lang=\"en\">"));
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'"));
  for (const char* part :
       {"<script", "<link", "<img", "<iframe", " src=", "@import", "url(", " on"}) {
    EXPECT_THAT(markup, Not(HasSubstr(part)));
  }
}

TEST(HtmlReport, SaysTheGradeAndTheLimit) {
  const std::string page = rendered(samples::failing());
  EXPECT_THAT(page, HasSubstr("aria-label=\"Grade F, score 48 of 100\""));
  EXPECT_THAT(page, HasSubstr("<p class=\"big\">6 per 6 s</p>"));
  EXPECT_THAT(page, HasSubstr("<h1>http://127.0.0.1:8000/api/quote</h1>"));
}

TEST(HtmlReport, ShowsEveryFindingWithEvidenceAndCure) {
  const std::string page = rendered(samples::failing());
  EXPECT_EQ(count(page, "<article class=\"card finding "), 4U);
  EXPECT_THAT(page, HasSubstr("X-Forwarded-For: 203.0.113.9</td>"));
  EXPECT_THAT(page, HasSubstr("curl -i -H 'X-API-Key: REDACTED'"));
  EXPECT_THAT(page, HasSubstr("    match: { route: /api/quote, methods: [GET] }\n"));
  EXPECT_THAT(page, HasSubstr(">CWE-362</span>"));
}

TEST(HtmlReport, SaysInThePictureWhatItShows) {
  EXPECT_THAT(rendered(samples::failing()),
              HasSubstr("Requests against time: 49 admitted, 54 not. At most 15 were admitted "
                        "within 6 s, where 6 are allowed.</title>"));
  EXPECT_THAT(rendered(samples::passing()), HasSubstr("It never rises above the limit of 6."));
}

TEST(HtmlReport, DrawsTheSurfaceAboveTheLimitOnlyIfItWasBroken) {
  EXPECT_EQ(count(rendered(samples::failing()), "class=\"over\""), 2U) << "wide and narrow";
  EXPECT_EQ(count(rendered(samples::passing()), "class=\"over\""), 0U);
}

TEST(HtmlReport, CountsTheRequestsThatItDoesNotShow) {
  scan::Report report = samples::failing();
  report.findings[0].evidence[0].exchanges_left_out = 1234;
  EXPECT_THAT(rendered(report), HasSubstr("<td colspan=\"5\">1234 more</td>"));
}

TEST(HtmlReport, MakesNoMarkupOfWhatATargetSays) {
  const std::string page = rendered(samples::filled_with(
      "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>\" onclick=\"x"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(markup_of(page), Not(HasSubstr("onclick")));
  EXPECT_EQ(count(page, "</style>"), 1U);
}

TEST(HtmlReport, StaysSmallWhateverTheScanSent) {
  EXPECT_LT(rendered(samples::filled_with(std::string(1'000'000, 'x'))).size(), 1'000'000U);
  EXPECT_LT(rendered(samples::with_many(12'000)).size(), 16'000'000U);
}

TEST(HtmlReport, DrawsTimelinesOfAnyShape) {
  for (const double first : {0.0, -1e300, 1e-300}) {
    for (const double last : {0.0, 1e300, 1e-300}) {
      for (const double window : {1e-300, 6.0, 1e300}) {
        scan::Report report = samples::failing();
        report.timelines[0].window_s = window;
        report.timelines[0].n = std::numeric_limits<std::int64_t>::max();
        report.timelines[0].points = {{first, 200, false, "a"}, {last, 0, false, "b"}};
        EXPECT_THAT(rendered(report), HasSubstr("</svg>"));
        report.timelines[0].n = -5;
        EXPECT_THAT(rendered(report), HasSubstr("</svg>"));
        report.timelines[0].n.reset();
        EXPECT_THAT(rendered(report), HasSubstr("</svg>"));
      }
    }
  }
}

TEST(HtmlReport, SaysSoIfNoRequestWasRecorded) {
  scan::Report report = samples::failing();
  report.timelines[0].points.clear();
  EXPECT_THAT(rendered(report), HasSubstr("No request was recorded."));
}

}  // namespace
}  // namespace weir::report
