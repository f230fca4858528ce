// What the JUnit XML says. That others read it is shown by formats_test.py.
#include <gtest/gtest.h>

#include <string>

#include "report/report.h"
#include "samples.h"

namespace weir::report {
namespace {

std::string rendered(const scan::Report& report) {
  const Result<std::string> text = render(report, Format::junit, {});
  EXPECT_TRUE(text) << text.error().to_string();
  return *text;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(JunitReport, CountsFindingsAsFailuresAndUndecidedChecksAsSkipped) {
  const std::string document = rendered(samples::failing());
  EXPECT_TRUE(holds(document, "tests=\"11\" failures=\"4\" errors=\"0\" skipped=\"2\""))
      << document;
  EXPECT_TRUE(holds(document,
                    "<testcase classname=\"weir.rate-limiting\" "
                    "name=\"boundary-burst GET /api/quote\">"));
  EXPECT_TRUE(holds(document, "<skipped message=\"inconclusive: the target answered 502"));
}

TEST(JunitReport, SkipsASuppressedFindingAndSaysWhy) {
  scan::Report report = samples::failing();
  report.findings[0].suppressed = {"a gateway does it", "2027-03-01"};
  const std::string document = rendered(report);
  EXPECT_TRUE(holds(document, "failures=\"3\" errors=\"0\" skipped=\"3\""));
  EXPECT_TRUE(
      holds(document, "<skipped message=\"suppressed until 2027-03-01: a gateway does it\"/>"));
}

TEST(JunitReport, IsADocumentWithoutSuitesWhenNothingWasChecked) {
  EXPECT_TRUE(holds(rendered(scan::Report{}), "tests=\"0\" failures=\"0\""));
}

}  // namespace
}  // namespace weir::report
