// The signature, held to a real verifier: ExtendDB checks it as AWS does.
#include "store/dynamodb/emulator_fixture.h"

namespace weir::store {
namespace {

using std::chrono::seconds;

TEST(Signature, IsAcceptedWithTheRightSecretAndRefusedWithAnother) {
  const test::Emulator emulator("extenddb");
  base::SystemClock clock;
  const Environment right = emulator.environment();
  const Environment wrong = [right](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_SECRET_ACCESS_KEY") return "another";
    return right(name);
  };
  const auto describe = [&](const Environment& environment) {
    DynamoDbClient client({}, resolve_target({}, environment).value(), environment,
                          make_http_client({}, environment).value(), clock);
    return describe_table(client, net::Deadline::in(seconds(10)));
  };
  // Accepted: it gets as far as the table that is not there.
  const auto accepted = describe(right);
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code, ErrorCode::not_found) << accepted.error().to_string();
  const auto refused = describe(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unauthorized) << refused.error().to_string();
}

}  // namespace
}  // namespace weir::store
