// weir policy check, as a program: its output and exit codes.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "cli/program.h"

namespace weir::cli {
namespace {

Outcome check(const std::string& arguments) {
  return weir("", "policy check " + arguments);
}

const std::string kSamples = WEIR_POLICY_SAMPLES;

TEST(PolicyCheck, SaysWhatAGoodPolicyMeans) {
  const Outcome run = check(kSamples + "/good/memory.yaml");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.output.find("memory.yaml: OK, 3 rules\n  a: at most 5 in any 10s"),
            std::string::npos)
      << run.output;
}

TEST(PolicyCheck, PointsAtAMistakeAndExitsWithTwo) {
  const std::string file = kSamples + "/bad_shape/wrong-unit.yaml";
  const Outcome run = check(file);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(run.output.starts_with(file + ":3:20: error: the window of '5/10parsecs'"))
      << run.output;
}

TEST(PolicyCheck, SaysTheSameInJson) {
  const Outcome good = check("--format json " + kSamples + "/good/memory.yaml");
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_NE(good.output.find(R"("ok":true,"errors":[])"), std::string::npos) << good.output;
  const Outcome bad = check("--format json " + kSamples + "/bad_shape/wrong-unit.yaml");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_NE(bad.output.find(R"("ok":false,"errors":[{"line":3,"column":20,)"), std::string::npos)
      << bad.output;
  const Outcome absent = check("--format json /nowhere/weir.yaml");
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_NE(absent.output.find("there is no policy file"), std::string::npos) << absent.output;
}

// Each mistake in the words of a user: where it is, what it is, and how to mend it.
TEST(PolicyCheck, SaysInOneLineWhatIsWrong) {
  struct Case {
    std::string sample;
    std::string says;
  };
  for (const Case& one :
       {Case{"bad_shape/zero", ":3:20: error: the count in '0/m' must be from 1 to 10^15. Write"},
        Case{"bad_shape/negative-window", ":3:20: error: the window of '5/-1s'"},
        Case{"bad_shape/negative-count",
             ":3:20: error: '-5/s' does not start with a number. Write"},
        Case{"bad_meaning/duplicate-id", ":4:10: error: the id 'a' is already that of the rule"},
        Case{"bad_meaning/duplicate-rule", ":4:5: error: this rule counts the same requests"}}) {
    const std::string file = kSamples + "/" + one.sample + ".yaml";
    const Outcome run = check(file);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(run.output.starts_with(file + one.says)) << run.output;
    EXPECT_EQ(run.output.find('\n'), run.output.size() - 1) << run.output;
  }
}

TEST(PolicyCheck, SaysWhyAFileCannotBeRead) {
  for (const auto& [file, says] :
       {std::pair("/nowhere/weir.yaml", "there is no policy file '/nowhere/weir.yaml'. Name the"),
        std::pair("/", "'/' is not a regular file"),
        std::pair("/dev/zero", "'/dev/zero' is not a regular file"),
        std::pair("/proc/self/mem", "'/proc/self/mem' cannot be read. Check who may read it")}) {
    const Outcome run = check(file);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(run.output.starts_with(std::string("weir: ") + says)) << run.output;
    EXPECT_EQ(run.output.find('\n'), run.output.size() - 1) << run.output;
  }
}

TEST(PolicyCheck, SaysThatTheDiskIsFull) {
  // The first fits into the buffer of the output, the second does not.
  const std::string large = testing::TempDir() + "weir-large-policy.yaml";
  std::ofstream file(large);
  file << "version: 1\nrules:\n";
  for (int i = 1; i <= 200; ++i) file << "  - {id: r" << i << ", limit: 1/" << i << "m}\n";
  file.close();
  for (const std::string& policy : {kSamples + "/good/memory.yaml", large}) {
    const Outcome run = check(policy + " >/dev/full");
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.output,
              "weir: the output cannot be written: No space left on device. Make room, or write "
              "elsewhere\n");
  }
  std::remove(large.c_str());
}

TEST(PolicyCheck, WrongUsageExitsWithTwo) {
  EXPECT_EQ(check("").exit_code, 2);
  EXPECT_EQ(check("--format xml " + kSamples + "/good/memory.yaml").exit_code, 2);
  EXPECT_EQ(check("/nowhere/weir.yaml").exit_code, 2);
}

TEST(PolicyImport, PrintsAPolicyAndSaysWhatIsNotKept) {
  const std::string file = testing::TempDir() + "weir-import.yaml";
  const auto import = [&](const std::string& descriptors) {
    std::ofstream(file) << "domain: d\ndescriptors:\n" << descriptors;
    return weir("", "policy import " + file);
  };
  const std::string kept = "  - {key: a, rate_limit: {unit: day, requests_per_unit: 1}}\n";
  const Outcome whole = import(kept);
  EXPECT_EQ(whole.exit_code, 0);
  EXPECT_EQ(
      whole.output,
      "version: 1\ndescriptors:\n  - id: a\n    domain: d\n    entries: [a]\n    limit: 1/d\n");
  const Outcome less = import(kept + "  - {key: b, value: 'x*y'}\n");
  EXPECT_EQ(less.exit_code, 1);
  EXPECT_NE(less.output.find(file + ":4:5: note: a value with a '*' before its end"),
            std::string::npos)
      << less.output;
  EXPECT_NE(less.output.find("    limit: 1/d\n"), std::string::npos) << less.output;
  const Outcome none = import("  - {ky: b}\n");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.output,
            file + ":3:6: error: a descriptor has no field 'ky'. Did you mean 'key'?\n");
  EXPECT_EQ(weir("", "policy import /nowhere/limits.yaml").exit_code, 2);
  std::remove(file.c_str());
}

}  // namespace
}  // namespace weir::cli
