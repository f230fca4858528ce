// weir report and weir explain, and the files that a scan's options come from, as programs.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/program.h"
#include "report/report.h"
#include "report/samples.h"

namespace weir::cli {
namespace {

using report::samples::failing;

class ReportCommand : public ::testing::Test {
 protected:
  ReportCommand()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(folder_);
  }
  ~ReportCommand() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string file(const std::string& name, const scan::Report& report) const {
    return file(name, *report::render(report, report::Format::json, {}));
  }
  std::string path(const std::string& name) const { return folder_ / name; }
  static Outcome run(const std::string& arguments) { return weir("", arguments); }

  std::string suppressions(const std::string& entry) const {
    return file("suppress.yaml", "version: 1\nsuppress:\n  - " + entry + "\n");
  }

 private:
  std::filesystem::path folder_;
};

// Wherever the lines were wrapped.
bool holds(const std::string& text, const std::string& part) {
  std::istringstream words(text);
  std::string joined;
  for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
  return joined.find(part) != std::string::npos;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST_F(ReportCommand, WritesSeveralFormatsAtOnceEachToItsFile) {
  const Outcome done = run("report " + file("report.json", failing()) +
                           " --format sarif --format markdown --format text --output " +
                           path("a.sarif") + " --output " + path("a.md"));
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(holds(done.output, "Grade F"));
  EXPECT_EQ(boost::json::parse(read(path("a.sarif"))).at("version"), "2.1.0");
  EXPECT_TRUE(read(path("a.md")).starts_with("<!-- weir-scan -->"));
}

TEST_F(ReportCommand, SaysInOneLineWhatIsWrongWithAReport) {
  const Outcome done = run("report " + file("report.json", std::string("{\"schema\":1}")));
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_TRUE(holds(done.output, "report.json: schema: is not a text.")) << done.output;
  EXPECT_EQ(run("report " + path("nowhere.json")).exit_code, 2);
}

TEST_F(ReportCommand, GatesByScoreSeverityAndCoverage) {
  const std::string report = "report " + file("report.json", failing()) + " --output /dev/null ";
  EXPECT_EQ(run(report + "--fail-under 48").exit_code, 0);
  EXPECT_EQ(run(report + "--fail-under 49").exit_code, 1);
  EXPECT_EQ(run(report + "--fail-on high").exit_code, 1);
  EXPECT_EQ(run(report + "--fail-on critical").exit_code, 0);
  EXPECT_EQ(run(report + "--min-coverage 90").exit_code, 0);
  EXPECT_EQ(run(report + "--min-coverage 91").exit_code, 4);
  // A failed gate says more than a low coverage.
  EXPECT_EQ(run(report + "--fail-under 49 --min-coverage 91").exit_code, 1);
  EXPECT_EQ(run(report + "--fail-on awful").exit_code, 2);
}

TEST_F(ReportCommand, ReportsAndGatesOnlyWhatTheBaselineDoesNotHave) {
  scan::Report before = failing();
  before.findings.erase(before.findings.begin() + 2);  // boundary-burst, medium
  before.checks[1].verdict = scan::CheckVerdict::protected_;
  before.score = 53;
  const std::string report = "report " + file("report.json", failing()) + " --baseline " +
                             file("before.json", before) + " ";
  const Outcome all = run(report + "--fail-on high");
  EXPECT_EQ(all.exit_code, 1);
  EXPECT_TRUE(holds(all.output, "score 53 → 48 (-5), 1 new, 3 unchanged, 0 gone")) << all.output;
  const Outcome fresh = run(report + "--new-only --fail-on high");
  EXPECT_EQ(fresh.exit_code, 0);
  EXPECT_TRUE(holds(fresh.output, "findings: 1 medium")) << fresh.output;
  EXPECT_EQ(run(report + "--new-only --fail-on medium --output /dev/null").exit_code, 1);
  EXPECT_EQ(run("report " + path("report.json") + " --new-only").exit_code, 2);
  const Outcome same =
      run("report " + path("report.json") + " --new-only --baseline " + path("report.json"));
  EXPECT_TRUE(holds(same.output, "Nothing was found that the baseline does not have."));
}

TEST_F(ReportCommand, ASuppressedFindingCountsForNeitherScoreNorGate) {
  const std::string report = "report " + file("report.json", failing()) + " --fail-on high ";
  const std::string both =
      "{check: concurrent-overrun, operation: GET /api/quote, reason: one worker, expires: "
      "2999-01-01}\n  - {check: spoofed-client-address, reason: no proxy, expires: 2999-01-01}";
  const Outcome done = run(report + "--suppress " + suppressions(both));
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(holds(done.output, "suppressed until 2999-01-01: one worker"));
  EXPECT_TRUE(holds(done.output, "score 85 of 100")) << done.output;
}

TEST_F(ReportCommand, AnExpiredSuppressionComesBack) {
  const Outcome done =
      run("report " + file("report.json", failing()) + " --fail-on high --suppress " +
          suppressions("{check: concurrent-overrun, reason: one worker, expires: 2020-01-01}"));
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_TRUE(holds(done.output, "expired on 2020-01-01")) << done.output;
}

TEST_F(ReportCommand, AMistakeInASuppressionIsAnErrorWithItsLine) {
  const std::string report = "report " + file("report.json", failing()) + " --suppress ";
  const auto expect = [&](const std::string& entry, const std::string& words) {
    const Outcome done = run(report + suppressions(entry));
    EXPECT_EQ(done.exit_code, 2) << done.output;
    EXPECT_TRUE(holds(done.output, "suppress.yaml:3:")) << done.output;
    EXPECT_TRUE(holds(done.output, words)) << done.output;
  };
  expect("{check: concurent-overrun, reason: x, expires: 2999-01-01}",
         "Did you mean 'concurrent-overrun'?");
  expect("{check: no-limit, reason: x}", "'expires' is missing");
  expect("{check: no-limit, expires: 2999-01-01}", "'reason' is missing");
  expect("{check: no-limit, reason: x, expires: 2027-02-30}", "Write it as 2027-03-01");
  expect("{check: no-limit, reason: x, expires: 2999-01-01, until: 1}", "has no field 'until'");
}

TEST_F(ReportCommand, SaysWhatItHasToSayToAnAuditAndNoMore) {
  const Outcome done = run("report --compliance " + file("report.json", failing()));
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_TRUE(holds(done.output, "API4:2023")) << done.output;
  EXPECT_TRUE(holds(done.output, "supporting evidence only"));
}

TEST_F(ReportCommand, AScanTakesItsOptionsFromAFileAndTheCommandLineWins) {
  const std::string config = file("scan.yaml",
                                  "version: 1\nurl: http://127.0.0.1:1/api/quote\nplan: true\n"
                                  "header: ['X-API-Key: ${KEY}']\nmax-requests: 77\nmax-wait: 5\n");
  const Outcome done = weir("KEY=secret-value", "scan --config " + config + " --max-wait 9");
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(holds(done.output, "GET /api/quote"));
  EXPECT_TRUE(holds(done.output, "more than 77 requests"));
  EXPECT_TRUE(holds(done.output, "longer than 9 s")) << done.output;
}

TEST_F(ReportCommand, AScanMayTakeAsLongAsTheWindowsThatItMayWaitFor) {
  const std::string url = "scan http://127.0.0.1:1/api/quote --plan --max-wait ";
  EXPECT_TRUE(holds(weir("", url + "60").output, "ends after 14 min at most"));
  EXPECT_TRUE(holds(weir("", url + "3600").output, "ends after 250 min at most"));
}

TEST_F(ReportCommand, AMistakeInAScansFileIsAnErrorWithItsLine) {
  const auto expect = [&](const std::string& lines, const std::string& words) {
    const Outcome done =
        weir("KEY=top-secret", "scan --config " + file("scan.yaml", "version: 1\n" + lines));
    EXPECT_EQ(done.exit_code, 2) << done.output;
    EXPECT_TRUE(holds(done.output, "scan.yaml:2:")) << done.output;
    EXPECT_TRUE(holds(done.output, words)) << done.output;
    EXPECT_FALSE(holds(done.output, "top-secret")) << done.output;
  };
  expect("max-request: 5\n", "Did you mean 'max-requests'?");
  expect("max-requests: many\n", "'max-requests' cannot be that");
  expect("plan: perhaps\n", "neither true nor false");
  expect("url: [a, b]\n", "takes one value");
  expect("header: 'X: ${NOWHERE}'\n", "the environment has no 'NOWHERE'");
  expect("config: other.yaml\n", "there is no option 'config'");
  const Outcome none = run("scan --config " + file("scan.yaml", std::string("url: x\n")));
  EXPECT_TRUE(holds(none.output, "'version' is missing")) << none.output;
}

TEST_F(ReportCommand, AScanGoesOnOnlyWhereItWasInterrupted) {
  const std::string url = "scan http://127.0.0.1:1/api/quote --plan --resume ";
  EXPECT_TRUE(holds(run(url + file("a.json", failing())).output, "was not interrupted"));
  scan::Report partial = failing();
  partial.interrupted = true;
  EXPECT_TRUE(holds(run(url + file("a.json", partial)).output, "of another target"));
  partial.target = "http://127.0.0.1:1";
  partial.tool_version = "0.0.0";
  EXPECT_TRUE(holds(run(url + file("a.json", partial)).output, "another version"));
}

TEST(ExplainCommand, ListsEveryCheckAndTellsOneFromTopToBottom) {
  const Outcome list = weir("", "explain");
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_TRUE(holds(list.output, "boundary-burst"));
  const Outcome one = weir("", "explain boundary-burst");
  for (const char* part : {"What ", "Proof ", "Why ", "Mend ", "In Django ", "See ", "CWE-"}) {
    EXPECT_TRUE(holds(one.output, part)) << part;
  }
  const Outcome wrong = weir("", "explain boundary-bust");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(holds(wrong.output, "Did you mean 'boundary-burst'?"));
}

TEST(ExplainCommand, SaysTheSameInJson) {
  const auto list = boost::json::parse(weir("", "explain --format json").output);
  ASSERT_FALSE(list.as_array().empty());
  for (const auto& each : list.as_array()) {
    const std::string id(each.at("id").as_string());
    const auto check = boost::json::parse(weir("", "explain --format json " + id).output);
    EXPECT_EQ(check.at("id"), each.at("id"));
    EXPECT_FALSE(check.at("why").as_string().empty()) << id;
    EXPECT_FALSE(check.at("remediation").as_string().empty()) << id;
    EXPECT_FALSE(check.at("proof").as_string().empty()) << id;
  }
}

}  // namespace
}  // namespace weir::cli
