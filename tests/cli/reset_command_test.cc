// weir reset as its users run it: the program itself, on counters that `weir check` has charged.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "cli/program.h"

namespace weir::cli {
namespace {

class ResetCommandTest : public testing::Test {
 protected:
  ResetCommandTest() {
    folder_ = (std::filesystem::temp_directory_path() / "weir-reset-XXXXXX").string();
    WEIR_CHECK(::mkdtemp(folder_.data()) != nullptr);
    write("store: {kind: shared, file: " + folder_ + "/weir.store}");
  }
  ~ResetCommandTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& store) const {
    std::ofstream(policy()) << "version: 1\n"
                            << store << "\n"
                            << "rules:\n"
                               "  - {id: per-user, key: [user], limit: 1/h}\n"
                               "  - {id: per-user-and-client, key: [user, client_ip], limit: 9/h}\n"
                               "  - {id: everybody, key: [], limit: 100/h}\n";
  }
  std::string policy() const { return folder_ + "/weir.yaml"; }
  int check(const std::string& user) const {
    return weir("", "check --policy " + policy() + " --set user=" + user).exit_code;
  }
  Outcome reset(const std::string& words) const {
    return weir("", "reset --policy " + policy() + " " + words);
  }

  std::string folder_;
};

TEST_F(ResetCommandTest, LetsOneUserInAgain) {
  for (const char* user : {"alice", "bob"}) {
    ASSERT_EQ(check(user), 0);
    ASSERT_EQ(check(user), 1);
  }
  const Outcome finished = reset("--set user=alice");
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.output, "per-user: forgotten\n");
  EXPECT_EQ(reset("--set user=alice").output, "nothing was counted\n");
  EXPECT_EQ(check("alice"), 0);
  EXPECT_EQ(check("alice"), 1);
  EXPECT_EQ(check("bob"), 1);
}

TEST_F(ResetCommandTest, ResetsWhatIsSaidWhole) {
  ASSERT_EQ(check("alice"), 0);
  const Outcome finished = reset("--set user=alice --set client_ip=127.0.0.1 --format json");
  EXPECT_EQ(
      boost::json::parse(finished.output),
      boost::json::parse(R"({"forgotten": {"per-user": true, "per-user-and-client": true}})"));
}

TEST_F(ResetCommandTest, ResetsWhatAllShareOnlyByName) {
  ASSERT_EQ(check("alice"), 0);
  EXPECT_EQ(reset("--rule everybody").output, "everybody: forgotten\n");
}

TEST_F(ResetCommandTest, SaysWhatIsMissingAndResetsNothing) {
  ASSERT_EQ(check("alice"), 0);
  const Outcome nobody = reset("");
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_NE(nobody.output.find("for example --set user=alice"), std::string::npos) << nobody.output;
  const Outcome half = reset("--rule per-user-and-client --set user=alice");
  EXPECT_EQ(half.exit_code, 2);
  EXPECT_NE(half.output.find("counts by user and client_ip"), std::string::npos) << half.output;
  const Outcome unknown = reset("--rule per-usr --set user=alice");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.output.find("Did you mean 'per-user'?"), std::string::npos) << unknown.output;
  EXPECT_EQ(check("alice"), 1);
}

TEST_F(ResetCommandTest, SaysThatTheMemoryOfAnotherProcessIsOutOfReach) {
  write("store: {kind: memory}");
  const Outcome finished = reset("--set user=alice");
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.output.find("in the memory of each process"), std::string::npos)
      << finished.output;
}

}  // namespace
}  // namespace weir::cli
