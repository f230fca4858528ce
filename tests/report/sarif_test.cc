// What the SARIF says. That it keeps to the schema of SARIF 2.1.0 is shown by formats_test.py.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "report/fingerprint.h"
#include "report/report.h"
#include "samples.h"

namespace weir::report {
namespace {

namespace json = boost::json;

json::value rendered(const scan::Report& report) {
  const Result<std::string> text = render(report, Format::sarif, {});
  EXPECT_TRUE(text) << text.error().to_string();
  return json::parse(*text).at("runs").at(0);
}

std::string fingerprint_in(const json::value& result) {
  return std::string(result.at("partialFingerprints").at("primaryLocationLineHash").as_string());
}

TEST(SarifReport, GivesEachFindingAsAResultOfItsRule) {
  const json::value run = rendered(samples::failing());
  const json::array& results = run.at("results").as_array();
  ASSERT_EQ(results.size(), 4U);
  for (const json::value& result : results) {
    const json::value& rule =
        run.at("tool").at("driver").at("rules").at(result.at("ruleIndex").to_number<std::size_t>());
    EXPECT_EQ(rule.at("id"), result.at("ruleId"));
  }
  EXPECT_EQ(results[0].at("ruleId"), "concurrent-overrun");
  EXPECT_EQ(results[0].at("level"), "error");
  EXPECT_EQ(results[2].at("level"), "warning");
}

TEST(SarifReport, IsARunWithoutResultsWhenNothingWasFound) {
  const json::value run = rendered(samples::passing());
  EXPECT_TRUE(run.at("results").as_array().empty());
  EXPECT_EQ(run.at("tool").at("driver").at("name"), "weir");
}

TEST(SarifReport, LiesAtTheLineThatDeclaresTheOperation) {
  scan::Report report = samples::failing();
  report.declarations = {{"GET /api/other", "other.yaml", 3},
                         {"GET /api/quote", "api/openapi.yaml", 42}};
  const json::value run = rendered(report);
  const json::value& place = run.at("results").at(0).at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "api/openapi.yaml");
  EXPECT_EQ(place.at("region").at("startLine"), 42);
}

TEST(SarifReport, LiesAtAPathMadeOfTheOperationWithoutADocument) {
  const json::value run = rendered(samples::failing());
  const json::value& place = run.at("results").at(0).at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "weir-scan/get-api-quote");
  EXPECT_EQ(place.at("region").at("startLine"), 1);
}

TEST(SarifReport, KeepsItsFingerprintsOverHostsPortsTimesAndLines) {
  scan::Report later = samples::failing();
  later.target = "https://api.example.net:8443";
  later.started_at = "2027-01-01T00:00:00Z";
  later.declarations = {{"GET /api/quote", "openapi.yaml", 7}};
  later.findings[0].evidence[0].claim = "another number";
  const json::value before = rendered(samples::failing());
  const json::value after = rendered(later);
  std::set<std::string> all;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(fingerprint_in(before.at("results").at(i)),
              fingerprint_in(after.at("results").at(i)));
    all.insert(fingerprint_in(after.at("results").at(i)));
  }
  EXPECT_EQ(all.size(), 4U);
}

TEST(SarifReport, MarksSuppressedAndComparedFindings) {
  scan::Report report = samples::failing();
  report.findings[0].suppressed = {"a gateway does it", "2027-03-01"};
  report.findings[1].novelty = scan::Novelty::fresh;
  report.findings[2].novelty = scan::Novelty::unchanged;
  const json::value run = rendered(report);
  EXPECT_EQ(run.at("results").at(0).at("suppressions").at(0).at("justification"),
            "a gateway does it (until 2027-03-01)");
  EXPECT_TRUE(run.at("results").at(1).at("suppressions").as_array().empty());
  EXPECT_EQ(run.at("results").at(1).at("baselineState"), "new");
  EXPECT_EQ(run.at("results").at(2).at("baselineState"), "unchanged");
  EXPECT_EQ(run.at("results").at(3).as_object().if_contains("baselineState"), nullptr);
}

TEST(SarifReport, MakesNoLinkOfATargetsBrackets) {
  scan::Report report = samples::failing();
  report.findings[0].evidence[0].claim = "[click](https://evil.example)";
  const json::value run = rendered(report);
  const std::string text(run.at("results").at(0).at("message").at("text").as_string());
  EXPECT_NE(text.find("\\[click\\]("), std::string::npos) << text;
}

TEST(SarifReport, StaysWithinGitHubsTextLengths) {
  const json::value run = rendered(samples::filled_with(std::string(100'000, 'x')));
  for (const json::value& rule : run.at("tool").at("driver").at("rules").as_array()) {
    EXPECT_LE(rule.at("shortDescription").at("text").as_string().size(), 1024U);
    EXPECT_LE(rule.at("fullDescription").at("text").as_string().size(), 1024U);
  }
}

TEST(SarifReport, HoldsNoEmptyText) {
  scan::Report report = samples::filled_with("");
  const Result<std::string> text = render(report, Format::sarif, {});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("\"text\":\"\""), std::string::npos);
  EXPECT_EQ(text->find("\"uri\":\"\""), std::string::npos);
}

TEST(Fingerprint, DoesNotConfuseTheIdWithTheOperation) {
  EXPECT_NE(fingerprint("ab", "c"), fingerprint("a", "bc"));
  EXPECT_EQ(fingerprint("no-limit", "GET /"), fingerprint("no-limit", "GET /"));
}

}  // namespace
}  // namespace weir::report
