// weir table as its users run it: the program itself, against an emulator.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <string>

#include "support/emulator.h"
#include "support/loopback_server.h"

namespace weir::cli {
namespace {

struct Outcome {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};

// `arguments` are this file's own words, so a shell may see them. The environment is empty but for
// what is given: nothing of the machine's own AWS settings is used.
Outcome weir(const std::string& environment, const std::string& arguments) {
  const std::string command = "env -i AWS_EC2_METADATA_DISABLED=true HOME=/nonexistent " +
                              environment + " " + WEIR_PROGRAM + " " + arguments + " 2>&1";
  Outcome run;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    run.output.append(buffer.data(), got);
  }
  run.exit_code = WEXITSTATUS(::pclose(pipe));
  return run;
}

const std::string kCredentials = "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any";

TEST(TableCommand, MakesTheTableDescribesItAndPrintsThePolicies) {
  const test::Emulator emulator("dynoxide");
  const std::string at = " --endpoint-url " + emulator.endpoint_url();

  const Outcome absent = weir(kCredentials, "table describe" + at);
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_NE(absent.output.find("weir table create --table weir"), std::string::npos)
      << absent.output;

  const Outcome made = weir(kCredentials, "table create" + at);
  EXPECT_EQ(made.exit_code, 0) << made.output;
  EXPECT_NE(made.output.find("\"Action\": \"dynamodb:UpdateItem\""), std::string::npos);
  EXPECT_EQ(weir(kCredentials, "table create" + at).exit_code, 0) << "a second time";

  const Outcome described = weir(kCredentials, "table describe --format json" + at);
  ASSERT_EQ(described.exit_code, 0) << described.output;
  const auto json = boost::json::parse(described.output);
  EXPECT_EQ(json.at("status"), "ACTIVE");
  EXPECT_EQ(json.at("key").at("k"), "B");
  EXPECT_EQ(json.at("ttl").at("attribute"), "exp");
  EXPECT_EQ(json.at("policies").at("limiter").at("Statement").at(0).at("Action"),
            "dynamodb:UpdateItem");
}

TEST(TableCommand, SaysInOneLineWhatIsWrong) {
  const std::string nobody =
      " --endpoint-url http://127.0.0.1:" + std::to_string(test::free_port());
  struct Case {
    std::string environment;
    std::string arguments;
    int exit_code;
    std::string says;
  };
  for (const Case& one :
       {Case{kCredentials, "table describe", 2, "AWS_REGION"},
        Case{"", "table describe" + nobody, 2, "no AWS credentials"},
        Case{kCredentials, "table describe" + nobody, 3, "cannot connect"},
        Case{kCredentials, "table create" + nobody, 3, "cannot connect"},
        Case{kCredentials, "table describe --endpoint-url localhost:8000", 2, "no scheme"},
        Case{kCredentials, "table describe --table 'a b'" + nobody, 2, "3 to 255"},
        Case{kCredentials + " AWS_CA_BUNDLE=/dev/null", "table describe" + nobody, 2, "PEM"}}) {
    const Outcome run = weir(one.environment, one.arguments);
    EXPECT_EQ(run.exit_code, one.exit_code) << run.output;
    EXPECT_NE(run.output.find(one.says), std::string::npos) << run.output;
    EXPECT_EQ(run.output.find('\n'), run.output.size() - 1) << run.output;
  }
}

}  // namespace
}  // namespace weir::cli
