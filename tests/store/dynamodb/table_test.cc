#include "store/dynamodb/table.h"

#include <boost/json/parse.hpp>

#include "store/dynamodb/emulator_fixture.h"
#include "support/fault_proxy.h"

namespace weir::store {
namespace {

using std::chrono::seconds;

class TableTest : public EmulatorTest {
 protected:
  std::unique_ptr<DynamoDbClient> client_of(const std::string& table) {
    DynamoDbOptions options;
    options.table = table;
    return make_client(options, emulator().environment(), clock_);
  }
  net::Deadline soon() { return net::Deadline::in(seconds(10)); }
};

TEST_F(TableTest, IsMadeOnDemandWithItsKeyAndTtl) {
  const auto client = client_of("fresh-table");
  const auto table = create_table(*client, soon());
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->status, "ACTIVE");
  EXPECT_EQ(table->billing, "PAY_PER_REQUEST");
  const std::vector<std::pair<std::string, std::string>> key = {{"k", "B"}};
  EXPECT_EQ(table->key, key);
  const auto described = describe_table(*client, soon());
  ASSERT_TRUE(described);
  EXPECT_EQ(described->ttl_attribute, "exp");
}

TEST_F(TableTest, MayBeMadeTwice) {
  const auto client = client_of("twice-made");
  ASSERT_TRUE(create_table(*client, soon()));
  EXPECT_TRUE(create_table(*client, soon()));
}

TEST_F(TableTest, ThatIsAbsentIsToldWithTheCommandThatMakesIt) {
  const auto absent = describe_table(*client_of("not-there"), soon());
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
  EXPECT_EQ(absent.error().cure, "create it: weir table create --table not-there");
}

TEST_F(TableTest, OfAnotherSchemaIsNotTakenOver) {
  const auto client = client_of("foreign");
  const CallResult made =
      client->call("CreateTable",
                   R"({"TableName":"foreign","BillingMode":"PAY_PER_REQUEST",)"
                   R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
                   R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})",
                   soon());
  ASSERT_EQ(made.fate, Fate::done) << made.error.to_string();
  const auto taken = create_table(*client, soon());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::invalid_input);
  EXPECT_NE(taken.error().message.find("pk (S)"), std::string::npos);

  DynamoDbOptions options;
  options.table = "foreign";
  const Status checked = open(options)->check(seconds(5));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::invalid_input);
}

TEST_F(TableTest, WithTtlOnAnotherAttributeIsToldThatExpiredItemsStay) {
  const auto client = client_of("other-ttl");
  ASSERT_EQ(client
                ->call("CreateTable",
                       R"({"TableName":"other-ttl","BillingMode":"PAY_PER_REQUEST",)"
                       R"("AttributeDefinitions":[{"AttributeName":"k","AttributeType":"B"}],)"
                       R"("KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]})",
                       soon())
                .fate,
            Fate::done);
  ASSERT_EQ(client
                ->call("UpdateTimeToLive",
                       R"({"TableName":"other-ttl","TimeToLiveSpecification":)"
                       R"({"AttributeName":"until","Enabled":true}})",
                       soon())
                .fate,
            Fate::done);
  const auto table = create_table(*client, soon());
  ASSERT_TRUE(table) << table.error().to_string();
  ASSERT_EQ(table->notes.size(), 1U);
  EXPECT_EQ(table->notes[0],
            "TTL is on for the attribute 'until' instead of 'exp', so expired items stay");
}

// No emulator has replicas, so the answer is given some.
class ReplicatedTableTest : public TableTest {
 protected:
  static test::FaultProxy proxy_that_adds(const std::string& more) {
    return test::FaultProxy(emulator().port(), [more](std::string_view) {
      return test::Fault{test::Fault::Kind::edit, "", [more](std::string answer) {
                           const std::size_t at = answer.find("\"TableName\"");
                           if (at == std::string::npos) return answer;
                           answer.insert(at, more);
                           const std::size_t body = answer.find("\r\n\r\n") + 4;
                           return test::http_answer(200, answer.substr(body));
                         }};
    });
  }
  // What a charge through such a proxy is refused for; nothing if it is admitted.
  std::string error_with(const std::string& more, const DynamoDbOptions& options = {}) {
    test::FaultProxy proxy = proxy_that_adds(more);
    const auto outcome = open_at(proxy.port(), options)->charge(request(fresh_key(), 5));
    return outcome ? "" : outcome.error().to_string();
  }

  const std::string replicas_ = R"("Replicas":[{"RegionName":"us-west-2"}],)";
  const std::string strong_ = R"("MultiRegionConsistency":"STRONG",)";
};

TEST_F(ReplicatedTableTest, IsToldToLoseCountsUnlessItIsStronglyConsistent) {
  const auto notes_with = [](const std::string& more) {
    test::FaultProxy proxy = proxy_that_adds(more);
    base::SystemClock clock;
    const auto client = make_client({}, test::emulator_environment(proxy.port()), clock);
    const auto table = describe_table(*client, net::Deadline::in(seconds(10)));
    EXPECT_TRUE(table) << table.error().to_string();
    return table->notes;
  };
  EXPECT_TRUE(notes_with("").empty());
  ASSERT_EQ(notes_with(replicas_).size(), 1U);
  EXPECT_NE(notes_with(replicas_)[0].find("loses counts"), std::string::npos);
  EXPECT_TRUE(notes_with(replicas_ + strong_).empty());
}

TEST_F(ReplicatedTableTest, DecidesNothingUntilThePolicySaysWhichRegionCounts) {
  EXPECT_EQ(error_with(""), "");
  EXPECT_EQ(error_with(replicas_ + strong_), "");
  EXPECT_NE(error_with(replicas_).find("each region would admit the whole limit"),
            std::string::npos);
  DynamoDbOptions options;
  options.authority = "us-east-1";  // what an emulator is signed for
  EXPECT_EQ(error_with(replicas_, options), "");
}

TEST_F(ReplicatedTableTest, IsNotUsedFromAnotherRegionThanTheOneThatCounts) {
  DynamoDbOptions options;
  options.authority = "eu-west-1";
  const auto store = open_dynamodb_store(options, emulator().environment(), clock_, 1);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().to_string(),
            "eu-west-1 counts in table 'weir', and this node would use its replica in us-east-1. "
            "set store.region to eu-west-1");
}

TEST(Policies, AreJsonWithTheLeastActions) {
  const auto limiter = boost::json::parse(limiter_policy("", "eu-west-1", "weir"));
  const boost::json::array actions = {"dynamodb:UpdateItem", "dynamodb:DescribeTable"};
  EXPECT_EQ(limiter.at("Statement").at(0).at("Action"), actions);
  EXPECT_EQ(limiter.at("Statement").at(0).at("Resource"),
            "arn:aws:dynamodb:eu-west-1:*:table/weir");
  const auto admin = boost::json::parse(admin_policy("arn:aws:dynamodb:x:1:table/t", "x", "t"));
  EXPECT_EQ(admin.at("Statement").at(0).at("Resource"), "arn:aws:dynamodb:x:1:table/t");
}

}  // namespace
}  // namespace weir::store
