// weir policy check, as a program: its output and exit codes.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace weir::cli {
namespace {

struct Finished {
  int exit_code = -1;
  std::string output;  // both streams
};

Finished check(const std::string& arguments) {
  const std::string command = std::string(WEIR_PROGRAM) + " policy check " + arguments + " 2>&1";
  Finished run;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    run.output.append(buffer.data(), size);
  const int status = pclose(pipe);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

const std::string kSamples = WEIR_POLICY_SAMPLES;

TEST(PolicyCheck, SaysWhatAGoodPolicyMeans) {
  const Finished run = check(kSamples + "/good/memory.yaml");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.output.find("memory.yaml: OK, 3 rules\n  a: at most 5 in any 10s"),
            std::string::npos)
      << run.output;
}

TEST(PolicyCheck, PointsAtAMistakeAndExitsWithTwo) {
  const std::string file = kSamples + "/bad_shape/wrong-unit.yaml";
  const Finished run = check(file);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(run.output.starts_with(file + ":3:20: error: the window of '5/10parsecs'"))
      << run.output;
}

TEST(PolicyCheck, SaysTheSameInJson) {
  const Finished good = check("--format json " + kSamples + "/good/memory.yaml");
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_NE(good.output.find(R"("ok":true,"errors":[])"), std::string::npos) << good.output;
  const Finished bad = check("--format json " + kSamples + "/bad_shape/wrong-unit.yaml");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_NE(bad.output.find(R"("ok":false,"errors":[{"line":3,"column":20,)"), std::string::npos)
      << bad.output;
  const Finished absent = check("--format json /nowhere/weir.yaml");
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_NE(absent.output.find("there is no policy file"), std::string::npos) << absent.output;
}

TEST(PolicyCheck, WrongUsageExitsWithTwo) {
  EXPECT_EQ(check("").exit_code, 2);
  EXPECT_EQ(check("--format xml " + kSamples + "/good/memory.yaml").exit_code, 2);
  EXPECT_EQ(check("/nowhere/weir.yaml").exit_code, 2);
}

}  // namespace
}  // namespace weir::cli
