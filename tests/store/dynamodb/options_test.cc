#include "store/dynamodb/options.h"

#include <gtest/gtest.h>

#include <map>

namespace weir::store {
namespace {

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string place(const DynamoDbOptions& options, std::map<std::string, std::string> values) {
  const auto target = resolve_target(options, variables(std::move(values)));
  if (!target) return "error: " + target.error().to_string();
  return target->url.Endpoint::to_string() + " " + target->region;
}

TEST(Target, IsTheRegionsEndpoint) {
  EXPECT_EQ(place({.region = "eu-west-1"}, {}),
            "https://dynamodb.eu-west-1.amazonaws.com eu-west-1");
  EXPECT_EQ(place({.region = "cn-north-1"}, {}),
            "https://dynamodb.cn-north-1.amazonaws.com.cn cn-north-1");
}

TEST(Target, TakesTheArgumentBeforeTheEnvironment) {
  const std::map<std::string, std::string> both = {
      {"AWS_REGION", "eu-west-1"},
      {"AWS_DEFAULT_REGION", "eu-west-2"},
      {"AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"},
      {"AWS_ENDPOINT_URL", "http://127.0.0.1:2"}};
  EXPECT_EQ(place({}, both), "http://127.0.0.1:1 eu-west-1");
  EXPECT_EQ(place({.region = "us-west-2", .endpoint_url = "http://127.0.0.1:3"}, both),
            "http://127.0.0.1:3 us-west-2");
  EXPECT_EQ(
      place({}, {{"AWS_DEFAULT_REGION", "eu-west-2"}, {"AWS_ENDPOINT_URL", "http://[::1]:2"}}),
      "http://[::1]:2 eu-west-2");
}

TEST(Target, OfAnEmulatorNeedsNoRegion) {
  EXPECT_EQ(place({.endpoint_url = "http://127.0.0.1:8000"}, {}),
            "http://127.0.0.1:8000 us-east-1");
}

TEST(Target, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(place({}, {}).find("AWS_REGION"), std::string::npos);
  EXPECT_NE(place({}, {{"AWS_REGION", "eu west"}}).find("AWS_REGION: 'eu west'"),
            std::string::npos);
  EXPECT_NE(place({.region = "evil.example/"}, {}).find("not the name"), std::string::npos);
  EXPECT_NE(place({}, {{"AWS_ENDPOINT_URL", "localhost:8000"}}).find("AWS_ENDPOINT_URL: "),
            std::string::npos);
  EXPECT_NE(place({.endpoint_url = "http://127.0.0.1:8000/path"}, {}).find("has a path"),
            std::string::npos);
}

TEST(TableName, IsOneThatDynamoDbAccepts) {
  EXPECT_TRUE(check_table_name("abc"));
  EXPECT_TRUE(check_table_name(std::string(255, 'a')));
  for (const std::string& name :
       {std::string(), std::string("ab"), std::string(256, 'a'), std::string("a\"bc"),
        std::string("a/bc"), std::string("a bc"), std::string("ab\n")}) {
    EXPECT_FALSE(check_table_name(name)) << name;
  }
}

}  // namespace
}  // namespace weir::store
