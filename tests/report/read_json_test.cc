#include "report/read_json.h"

#include <gtest/gtest.h>

#include <string>

#include "report/report.h"
#include "samples.h"

namespace weir::report {
namespace {

std::string written(const scan::Report& report) {
  const Result<std::string> text = render(report, Format::json, {});
  EXPECT_TRUE(text) << text.error().to_string();
  return *text;
}

std::string error_of(const std::string& text) {
  const auto report = read_json(text, "report.json");
  return report ? "" : report.error().message;
}

// `good` with the first `part` replaced.
std::string spoilt(const std::string& part, const std::string& by) {
  std::string text = written(samples::failing());
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), by);
}

TEST(ReadJson, RendersEveryFormatAsTheScanItselfWouldHave) {
  scan::Report compared = samples::filled_with("x");
  compared.findings[0].suppressed.reset();
  compared.comparison->gone[0].now = scan::CheckVerdict::protected_;
  for (const scan::Report& sample :
       {samples::failing(), samples::passing(), samples::filled_with("a\x1b\n\"b"), compared}) {
    const std::string text = written(sample);
    const auto report = read_json(text, "report.json");
    ASSERT_TRUE(report) << report.error().to_string();
    for (const Format format :
         {Format::text, Format::html, Format::sarif, Format::junit, Format::markdown}) {
      EXPECT_TRUE(*render(*report, format, {}) == *render(sample, format, {}));
    }
  }
}

TEST(ReadJson, ReadsReportsFromBeforeSomeFieldsWereThere) {
  std::string text = spoilt("\"scan_id\":\"\",", "");
  const auto report = read_json(text, "report.json");
  ASSERT_TRUE(report) << report.error().to_string();
}

TEST(ReadJson, SaysWhereSomethingIsWrong) {
  EXPECT_EQ(error_of(spoilt("\"severity\":\"high\"", "\"severity\":\"awful\"")),
            "report.json: findings[0].severity: 'awful' is not a word that may stand here");
  EXPECT_EQ(error_of(spoilt("\"grade\":\"F\",", "")), "report.json: grade: is missing");
  EXPECT_EQ(error_of(spoilt("\"requests\":214", "\"requests\":1e99")),
            "report.json: requests: is not a whole number in range");
  EXPECT_EQ(error_of(spoilt("\"coverage\":9E-1", "\"coverage\":\"\\u001b[31m\"")),
            "report.json: coverage: is not a number");
  EXPECT_EQ(error_of(spoilt("weir-scan/1", "weir-scan/9")),
            "report.json: schema: is not 'weir-scan/1'");
  EXPECT_EQ(error_of("[]"), "report.json: the document: is not an object");
  EXPECT_TRUE(error_of("{").starts_with("report.json: is not JSON: "));
}

TEST(ReadJson, BoundsDepthAndSize) {
  EXPECT_TRUE(error_of(std::string(100'000, '[')).starts_with("report.json: is not JSON: "));
  const auto report = read_json(std::string(kMaxReportBytes + 1, ' '), "report.json");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace weir::report
