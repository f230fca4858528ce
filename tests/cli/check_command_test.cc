// weir check and weir policy explain, as programs: their output and exit codes.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "cli/program.h"

namespace weir::cli {
namespace {

Outcome run(const std::string& arguments) {
  return weir("", arguments);
}

const std::string kPeople = std::string(WEIR_POLICY_SAMPLES) + "/good/people.yaml";
const std::string kAlgorithms = std::string(WEIR_POLICY_SAMPLES) + "/good/algorithms.yaml";

TEST(Check, SaysWhatWouldBeDecidedAndWhy) {
  const Outcome finished =
      run("check --policy " + kPeople + " --set api_key=abc --set client_ip=192.0.2.1 --dry-run");
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_TRUE(finished.output.starts_with("admitted (200)\n")) << finished.output;
  // The digest in the policy is that of "abc".
  EXPECT_NE(finished.output.find("exact 1000/m (override)"), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("key api_key=abc"), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("fixed_window 5000/month (override) (shadow)"), std::string::npos)
      << finished.output;
  EXPECT_EQ(finished.output.find(" left"), std::string::npos) << finished.output;
}

TEST(Check, TellsADeniedFromAnAllowedAddress) {
  const Outcome denied = run("check --policy " + kPeople + " --set client_ip=203.0.113.9");
  EXPECT_EQ(denied.exit_code, 1);
  EXPECT_EQ(denied.output, "denied (403): the policy denies access, by the deny list\n");
  const Outcome allowed = run("check --policy " + kPeople + " --set client_ip=10.9.9.9");
  EXPECT_EQ(allowed.exit_code, 0);
  EXPECT_EQ(allowed.output, "admitted (200), by the allow list\n");
}

TEST(Check, SaysTheSameInJson) {
  const Outcome finished = run("check --format json --policy " + kAlgorithms +
                               " --set user=alice --set api_key=k --route /x --method POST");
  EXPECT_EQ(finished.exit_code, 0);
  const boost::json::value record = boost::json::parse(finished.output);
  EXPECT_EQ(record.at("verdict").as_string(), "admitted");
  EXPECT_EQ(record.at("rules").as_array().size(), 6U);
  EXPECT_EQ(record.at("rules").at(2).at("cost").as_int64(), 5);
  EXPECT_EQ(record.at("rules").at(2).at("remaining").as_int64(), 9995);
}

TEST(Check, ACostThatNeverFitsIsRefused) {
  const Outcome finished = run("check --policy " + kAlgorithms + " --cost 21 --dry-run");
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.output.find("refused (429): rule 'steady': the request costs more"),
            std::string::npos)
      << finished.output;
}

TEST(Check, WrongUsageExitsWithTwoAndSaysTheCure) {
  EXPECT_EQ(run("check").exit_code, 2);
  EXPECT_EQ(run("check --policy /nowhere.yaml").exit_code, 2);
  const Outcome unknown = run("check --policy " + kPeople + " --set api_kye=x");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.output.find("Did you mean 'api_key'?"), std::string::npos) << unknown.output;
  EXPECT_EQ(run("check --policy " + kPeople + " --set user").exit_code, 2);
  EXPECT_EQ(run("check --policy " + kPeople + " --cost 0").exit_code, 2);
}

TEST(PolicyExplain, SaysTheWorstCaseOfEachRuleAndTheWaysAround) {
  const Outcome finished = run("policy explain " + kAlgorithms);
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_NE(finished.output.find("  at worst  620 in any 1m: 20 at once and 600 that flow in"),
            std::string::npos)
      << finished.output;
  EXPECT_NE(finished.output.find("Ways around:"), std::string::npos) << finished.output;
  const Outcome json = run("policy explain --format json " + kAlgorithms);
  EXPECT_EQ(boost::json::parse(json.output).at("rules").as_array().size(), 6U);
  EXPECT_EQ(run("policy explain /nowhere.yaml").exit_code, 2);
}

}  // namespace
}  // namespace weir::cli
