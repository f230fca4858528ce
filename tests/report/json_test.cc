// What the JSON says. That it keeps to schemas/weir-scan.schema.json is shown by schema_test.py.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "report/report.h"
#include "samples.h"

namespace weir::report {
namespace {

boost::json::object rendered(const scan::Report& report) {
  const Result<std::string> text = render(report, Format::json, {});
  EXPECT_TRUE(text) << text.error().to_string();
  return boost::json::parse(*text).as_object();
}

TEST(JsonReport, SaysWhatWasScannedAndHowItWent) {
  const boost::json::object report = rendered(samples::failing());
  EXPECT_EQ(report.at("schema"), "weir-scan/1");
  EXPECT_EQ(report.at("target"), "http://127.0.0.1:8000/api/quote");
  EXPECT_EQ(report.at("score"), 48);
  EXPECT_EQ(report.at("grade"), "F");
  EXPECT_EQ(report.at("coverage"), 0.9);
  EXPECT_EQ(report.at("categories").at("rate-limiting"), 48);
}

TEST(JsonReport, SaysWhichLimitWasSeen) {
  const boost::json::object report = rendered(samples::failing());
  const boost::json::value& limit = report.at("limits").at(0);
  EXPECT_EQ(limit.at("operation"), "GET /api/quote");
  EXPECT_EQ(limit.at("n"), 6);
  EXPECT_EQ(limit.at("window_s"), 6.0);
  EXPECT_EQ(limit.at("kind"), "fixed-window (clock)");
}

TEST(JsonReport, WritesNullForALimitThatIsNotKnown) {
  scan::Report report = samples::failing();
  report.limits[0].n.reset();
  report.limits[0].window_s.reset();
  const boost::json::object written = rendered(report);
  EXPECT_TRUE(written.at("limits").at(0).at("n").is_null());
  EXPECT_TRUE(written.at("limits").at(0).at("window_s").is_null());
}

TEST(JsonReport, GivesTheVerdictOfEveryCheck) {
  const boost::json::object report = rendered(samples::failing());
  const boost::json::array& checks = report.at("checks").as_array();
  ASSERT_EQ(checks.size(), 11U);
  EXPECT_EQ(checks[1].at("id"), "boundary-burst");
  EXPECT_EQ(checks[1].at("verdict"), "vulnerable");
  EXPECT_EQ(checks[0].at("verdict"), "protected");
  EXPECT_EQ(checks[7].at("verdict"), "inconclusive");
  EXPECT_EQ(checks[10].at("verdict"), "not-applicable");
}

TEST(JsonReport, GivesEachFindingWithItsEvidenceAndReferences) {
  const boost::json::object report = rendered(samples::failing());
  const boost::json::value& finding = report.at("findings").at(1);
  EXPECT_EQ(finding.at("id"), "spoofed-client-address");
  EXPECT_EQ(finding.at("severity"), "high");
  EXPECT_EQ(finding.at("confidence"), "confirmed");
  EXPECT_EQ(finding.at("owasp").at(0), "API4:2023");
  EXPECT_EQ(finding.at("cwe").at(0), 290);
  EXPECT_EQ(finding.at("pci_dss").at(0), "6.2.4");
  const boost::json::value& variant = finding.at("evidence").at(0).at("exchanges").at(2);
  EXPECT_EQ(variant.at("changed"), "X-Forwarded-For: 203.0.113.9");
  EXPECT_EQ(variant.at("status"), 200);
  EXPECT_EQ(variant.at("refused"), false);
}

TEST(JsonReport, KeepsHostileTextAsTextAndMakesItValidUtf8) {
  const std::string hostile("\"},{\x1b\0\xff\u202E</script>", 20);
  const boost::json::object report = rendered(samples::filled_with(hostile));
  std::string expected = hostile;
  expected.replace(expected.find('\xff'), 1, "\xEF\xBF\xBD");
  EXPECT_EQ(report.at("target").as_string(), expected);
}

TEST(JsonReport, CutsAMegabyteOfText) {
  const Result<std::string> text =
      render(samples::filled_with(std::string(1'000'000, 'x')), Format::json, {});
  ASSERT_TRUE(text);
  EXPECT_LT(text->size(), 500'000U);
}

TEST(JsonReport, StaysWithinBoundsWhateverTheReportHolds) {
  const Result<std::string> text = render(samples::with_many(12'000), Format::json, {});
  ASSERT_TRUE(text);
  EXPECT_LT(text->size(), 64'000'000U);
}

TEST(ParseFormat, KnowsEveryFormat) {
  EXPECT_EQ(*parse_format("text"), Format::text);
  EXPECT_EQ(*parse_format("json"), Format::json);
  EXPECT_EQ(*parse_format("html"), Format::html);
  EXPECT_EQ(*parse_format("sarif"), Format::sarif);
  EXPECT_EQ(*parse_format("junit"), Format::junit);
  EXPECT_EQ(*parse_format("markdown"), Format::markdown);
}

TEST(ParseFormat, SaysWhichFormatsThereAre) {
  const Result<Format> format = parse_format("pdf");
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().to_string(),
            "'pdf' is not a format of reports. Use text, json, html, sarif, junit or markdown");
}

}  // namespace
}  // namespace weir::report
