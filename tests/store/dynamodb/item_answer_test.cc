#include "store/dynamodb/item_answer.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "store/dynamodb/stored_state.h"
#include "support/limits.h"

namespace weir::store {
namespace {

const limit::Geometry kGeometry = limit::Geometry::for_window(std::chrono::seconds(1));

std::string item(const std::string& more) {
  return R"({"Item":{"w":{"N":")" + std::to_string(kGeometry.packed()) + R"("},)" + more + "}}";
}

TEST(ItemAnswer, IsReadFromAFailedConditionAsDynamoDbSendsIt) {
  const auto answer = parse_item_answer(
      R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
      R"("message":"The conditional request failed","Item":{"g":{"N":"17954697800"},)"
      R"("t":{"N":"5"},"v":{"N":"1795469780000000003"},"w":{"N":")" +
          std::to_string(kGeometry.packed()) +
          R"("},"s3":{"N":"2"},"s10":{"N":"3"},"exp":{"N":"1795470081"},"k":{"B":"AAAA"}}})",
      "Item");
  ASSERT_TRUE(answer) << answer.error().to_string();
  ASSERT_TRUE(answer->state);
  EXPECT_EQ(answer->state->shape, kGeometry.packed());
  const auto& owned = std::get<limit::OwnedWindow>(answer->state->state);
  EXPECT_EQ(owned.geometry, kGeometry);
  EXPECT_EQ(answer->state->version, 1'795'469'780'000'000'003);
  EXPECT_EQ(owned.window.newest, 17'954'697'800);
  EXPECT_EQ(owned.window.total, 5);
  EXPECT_EQ(owned.window.counts[3], 2);
  EXPECT_EQ(owned.window.counts[10], 3);
}

// What an algorithm has written and an answer leaves out would be forgotten by every node.
TEST(ItemAnswer, HoldsAllThatAnyStateWrites) {
  Rng rng(1);
  Time now{std::chrono::seconds(1'800'000'000)};
  for (std::size_t i = 0; i < 200 * test::kAlgorithms; ++i) {
    limit::State state;
    limit::Limit limit;
    for (int step = 0; step < 8; ++step) {
      now += Duration(static_cast<std::int64_t>(rng.below(50'000'000)));
      const limit::Limit next = test::random_limit(rng, i % test::kAlgorithms, now);
      const limit::Ask ask{.now = now, .cost = 1, .subject = rng.below(9)};
      const limit::Charge charge = limit::charge(state, next, ask);
      if (!charge.admitted) continue;
      limit = next;
      if (rng.below(2) == 0) limit::give_back(state, limit, ask, charge.slot);
    }
    std::string attributes = R"("v":{"N":"7"},"lw":{"N":"8"})";
    for (const Attribute& attribute : item_of(shape_of(limit), state)) {
      attributes += ",\"" + std::string(attribute.name.text()) + R"(":{"N":")" +
                    std::to_string(attribute.value) + R"("})";
    }
    const auto answer = parse_item_answer(R"({"Item":{)" + attributes + "}}", "Item");
    ASSERT_TRUE(answer) << answer.error().to_string();
    ASSERT_TRUE(answer->state) << attributes;
    ASSERT_EQ(item_of(answer->state->shape, answer->state->state), item_of(shape_of(limit), state))
        << attributes;
  }
}

TEST(ItemAnswer, MayBeAbsent) {
  for (const char* body : {"{}", R"({"message":"x"})", R"({"Item":{}})", R"({"Item":7})"}) {
    const auto answer = parse_item_answer(body, "Item");
    ASSERT_TRUE(answer) << body;
    EXPECT_FALSE(answer->state) << body;
  }
}

TEST(ItemAnswer, TellsWhatWasConsumed) {
  const auto answer = parse_item_answer(
      R"({"ConsumedCapacity":{"TableName":"weir","CapacityUnits":1.5}})", "Attributes");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->consumed_units, 1.5);
  EXPECT_EQ(parse_item_answer(R"({"ConsumedCapacity":{"CapacityUnits":-3}})", "x")->consumed_units,
            0);
}

TEST(ItemAnswer, OfSomebodyElseIsAnError) {
  for (const std::string& body :
       {item(R"("t":{"N":"1"})"), item(R"("g":{"N":"1"},"t":{"N":"-1"})"),
        item(R"("g":{"N":"1.5"},"t":{"N":"1"})"), item(R"("g":{"S":"1"},"t":{"N":"1"})"),
        item(R"("g":{"N":"99999999999999999999999"},"t":{"N":"1"})"),
        item(R"("g":{"N":"9223372036854775807"},"t":{"N":"1"})"),
        item(R"("g":{"N":"-9223372036854775808"},"t":{"N":"1"})"),
        item(R"("g":{"N":"1"},"t":{"N":"1"},"s61":{"N":"1"})"),
        item(R"("g":{"N":"1"},"t":{"N":"1"},"s1":{"N":"-1"})"),
        item(R"("g":{"N":"1"},"t":{"N":"1"},"s1":7)"), std::string(R"({"Item":{"pk":{"S":"x"}}})"),
        std::string(R"({"Item":{"g":{"N":"1"},"t":{"N":"1"},"w":{"N":"0"}}})")}) {
    const auto answer = parse_item_answer(body, "Item");
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().code, ErrorCode::invalid_input);
  }
}

TEST(ItemAnswer, OtherAttributesAreLeftAlone) {
  EXPECT_TRUE(parse_item_answer(
      item(R"("g":{"N":"1"},"t":{"N":"0"},"sx":{"N":"1"},"note":{"S":"x"})"), "Item"));
}

TEST(ItemAnswer, InAnAnswerThatIsNotJsonIsAnError) {
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("7"),
        std::string("{\"Item\":"), std::string(100'000, '['), std::string("\xff\xfe")}) {
    EXPECT_FALSE(parse_item_answer(body, "Item")) << body.substr(0, 20);
  }
}

}  // namespace
}  // namespace weir::store
