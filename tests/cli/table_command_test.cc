// weir table as its users run it: the program itself, against an emulator.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <ctime>
#include <regex>
#include <string>

#include "cli/program.h"
#include "store/dynamodb/emulator_fixture.h"
#include "support/emulator.h"
#include "support/fault_proxy.h"
#include "support/loopback_server.h"

namespace weir::cli {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

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
  EXPECT_NE(made.output.find("\"Action\": [\"dynamodb:UpdateItem\""), std::string::npos);
  EXPECT_EQ(weir(kCredentials, "table create" + at).exit_code, 0) << "a second time";

  const Outcome described = weir(kCredentials, "table describe --format json" + at);
  ASSERT_EQ(described.exit_code, 0) << described.output;
  const auto json = boost::json::parse(described.output);
  EXPECT_EQ(json.at("status"), "ACTIVE");
  EXPECT_EQ(json.at("key").at("k"), "B");
  EXPECT_EQ(json.at("ttl").at("attribute"), "exp");
  EXPECT_EQ(json.at("policies").at("limiter").at("Statement").at(0).at("Action").at(0),
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

class TableCommandTest : public store::EmulatorTest {};

TEST_F(TableCommandTest, DoesNotTakeOverATableOfAnotherSchema) {
  store::DynamoDbOptions options;
  options.table = "foreign";
  const auto client = make_client(options, emulator().environment(), clock_);
  const auto made =
      client->call("CreateTable",
                   R"({"TableName":"foreign","BillingMode":"PAY_PER_REQUEST",)"
                   R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
                   R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})",
                   net::Deadline::in(seconds(10)));
  ASSERT_EQ(made.fate, store::Fate::done) << made.error.to_string();
  for (const char* command : {"describe", "create"}) {
    const Outcome run =
        weir(kCredentials, std::string("table ") + command + " --table foreign --endpoint-url " +
                               emulator().endpoint_url());
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.output,
              "weir: table 'foreign' has the key pk (S); Weir's is k (B) alone. choose another "
              "name with --table; Weir needs a table of its own\n");
  }
}

std::string http_date(Time time) {
  const std::time_t whole = std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

TEST_F(TableCommandTest, SaysThatTheClockIsAnHourOff) {
  const std::regex date("\r\ndate: [^\r]*", std::regex::icase);
  test::FaultProxy proxy(emulator().port(), [&](std::string_view) {
    return test::Fault{test::Fault::Kind::edit, "", [&](const std::string& answer) {
                         const std::string later = http_date(clock_.now() + hours(1));
                         return std::regex_replace(answer, date, "\r\nDate: " + later);
                       }};
  });
  const std::string at = " --endpoint-url http://127.0.0.1:" + std::to_string(proxy.port());
  const Outcome run = weir(kCredentials, "table describe" + at);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(std::regex_match(
      run.output, std::regex("weir: this machine's clock is 3[56]\\d\\d s behind DynamoDB's\\. "
                             "synchronise the clock \\(NTP\\)\n")))
      << run.output;
}

}  // namespace
}  // namespace weir::cli
