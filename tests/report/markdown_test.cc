// What the Markdown says. That a renderer makes nothing of a target's text is shown by
// formats_test.py.
#include "report/markdown.h"

#include <gtest/gtest.h>

#include <string>

#include "report/bounds.h"
#include "report/markdown_text.h"
#include "report/report.h"
#include "samples.h"

namespace weir::report {
namespace {

std::string rendered(const scan::Report& report) {
  const Result<std::string> text = render(report, Format::markdown, {});
  EXPECT_TRUE(text) << text.error().to_string();
  return *text;
}

TEST(MarkdownReport, BeginsWithTheMarkerAndTheVerdict) {
  EXPECT_TRUE(rendered(samples::failing())
                  .starts_with("<!-- weir-scan -->\n## Weir scan: grade F, score 48 of 100\n"));
}

TEST(MarkdownReport, GivesEachFindingWithItsProofAndCure) {
  const std::string page = rendered(samples::failing());
  EXPECT_NE(page.find("#### high: ` concurrent-overrun ` on ` GET /api/quote `"),
            std::string::npos);
  EXPECT_NE(page.find("```text\nrules:\n  - name: quote\n"), std::string::npos);
}

TEST(MarkdownReport, SaysWhatChangedAgainstTheBaseline) {
  scan::Report report = samples::failing();
  report.comparison =
      scan::Comparison{"2026-11-01T00:00:00Z", 75, 1, 3, {{"no-limit", "GET /old", {}}}};
  report.findings[0].novelty = scan::Novelty::fresh;
  const std::string page = rendered(report);
  EXPECT_NE(page.find("score 75 → 48 (-27), 1 new, 3 unchanged, 1 gone"), std::string::npos);
  EXPECT_NE(page.find("#### high (new): "), std::string::npos);
  EXPECT_NE(page.find("- ` no-limit ` on ` GET /old `: now not tested"), std::string::npos);
}

TEST(MarkdownReport, FitsIntoACommentWhateverTheReportHolds) {
  EXPECT_LE(rendered(samples::with_many(12'000)).size(), kMaxMarkdownBytes);
  std::string unseen;
  for (int i = 0; i < 5000; ++i) unseen += "\xe2\x80\x8b";
  EXPECT_LE(rendered(samples::filled_with(unseen)).size(), kMaxMarkdownBytes);
  EXPECT_LE(rendered(samples::filled_with(std::string(10'000, '#'))).size(), kMaxMarkdownBytes);
}

TEST(MarkdownCode, CannotBeClosedFromInside) {
  EXPECT_EQ(markdown_code("GET /"), "` GET / `");
  EXPECT_EQ(markdown_code("a`b"), "`` a`b ``");
  EXPECT_EQ(markdown_code("``"), "``` `` ```");
  EXPECT_EQ(markdown_code(""), "(empty)");
  EXPECT_EQ(markdown_code("a\nb"), "` a\\x0ab `");
}

TEST(MarkdownBlock, CannotBeClosedFromInside) {
  EXPECT_EQ(markdown_block("a\n```\nb"), "````text\na\n```\nb\n````\n");
}

TEST(MarkdownProse, CallsNobodyAndLinksNowhere) {
  EXPECT_EQ(markdown_prose("@all"), "\\@<!-- -->all");
  EXPECT_EQ(markdown_prose("see #12: fine"), "see \\#<!-- -->12: fine");
  EXPECT_EQ(markdown_prose("https://x"), "https:<!-- -->//x");
  EXPECT_EQ(markdown_prose("<b>*x*"), "\\<b\\>\\*x\\*");
}

}  // namespace
}  // namespace weir::report
