#include "tap/operation.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::tap {
namespace {

using Kind = Access::Kind;

TEST(OperationTest, ReadsAnUpdateWithItsConditionNamesAndValues) {
  const Operation operation = read_operation(
      "UpdateItem",
      R"({"TableName":"limits","Key":{"pk":{"S":"user-1"}},
          "UpdateExpression":"ADD #h :one","ConditionExpression":"#h < :limit",
          "ExpressionAttributeNames":{"#h":"hits"},
          "ExpressionAttributeValues":{":one":{"N":"1"},":limit":{"N":"5"}},
          "ReturnValues":"UPDATED_NEW"})",
      200, R"({"Attributes":{"hits":{"N":"3"}},"ConsumedCapacity":{"CapacityUnits":1.5}})");
  EXPECT_EQ(operation.name, "UpdateItem");
  EXPECT_TRUE(operation.succeeded());
  EXPECT_EQ(operation.capacity, 1.5);
  ASSERT_EQ(operation.accesses.size(), 1u);
  const Access& access = operation.accesses[0];
  EXPECT_EQ(access.kind, Kind::update);
  EXPECT_TRUE(access.is_write());
  EXPECT_EQ(access.table, "limits");
  EXPECT_EQ(access.key.at("pk").text, "user-1");
  EXPECT_EQ(access.update->add.at(0).path.attribute(), "hits");
  EXPECT_EQ(to_string(*access.condition), "hits < :limit");
  EXPECT_EQ(access.values.at(":limit").number(), 5);
  EXPECT_EQ(access.returns, "UPDATED_NEW");
  EXPECT_TRUE(access.found);
  EXPECT_EQ(access.seen.at("hits").number(), 3);
}

TEST(OperationTest, ReadsWhatAGetFoundAndWhetherItWasConsistent) {
  const std::string request = R"({"TableName":"t","Key":{"k":{"B":"AA=="}},"ConsistentRead":true})";
  const Operation found =
      read_operation("GetItem", request, 200, R"({"Item":{"l":{"L":[{"N":"1"},{"N":"2"}]}}})");
  EXPECT_TRUE(found.accesses.at(0).consistent);
  EXPECT_TRUE(found.accesses[0].is_read());
  EXPECT_TRUE(found.accesses[0].found);
  EXPECT_EQ(found.accesses[0].seen.at("l"), (Value{"L", "2"}));  // of how many elements
  EXPECT_FALSE(read_operation("GetItem", request, 200, "{}").accesses.at(0).found);
}

TEST(OperationTest, ReadsAKeyConditionOfAQueryAndItsIndex) {
  const Operation query = read_operation(
      "Query",
      R"({"TableName":"t","IndexName":"by-user","KeyConditionExpression":"u = :u AND ts > :t"})",
      200, R"({"Items":[{}],"Count":1})");
  const Access& access = query.accesses.at(0);
  EXPECT_EQ(access.kind, Kind::query);
  EXPECT_EQ(access.index, "by-user");
  EXPECT_EQ(to_string(*access.condition), "u = :u AND ts > :t");
  EXPECT_TRUE(access.found);
}

TEST(OperationTest, ReadsEachAccessOfBatchesAndTransactions) {
  const Operation get = read_operation(
      "BatchGetItem",
      R"({"RequestItems":{"a":{"Keys":[{"k":{"S":"1"}},{"k":{"S":"2"}}],"ConsistentRead":true},
                          "b":{"Keys":[{"k":{"S":"3"}}]}}})",
      200, "{}");
  ASSERT_EQ(get.accesses.size(), 3u);
  EXPECT_TRUE(get.accesses[1].consistent);
  EXPECT_FALSE(get.accesses[2].consistent);
  EXPECT_EQ(get.accesses[2].table, "b");

  const Operation write =
      read_operation("BatchWriteItem",
                     R"({"RequestItems":{"a":[{"PutRequest":{"Item":{"k":{"S":"1"}}}},
                               {"DeleteRequest":{"Key":{"k":{"S":"2"}}}}]}})",
                     200, "{}");
  ASSERT_EQ(write.accesses.size(), 2u);
  EXPECT_EQ(write.accesses[0].kind, Kind::put);
  EXPECT_EQ(write.accesses[0].item.at("k").text, "1");
  EXPECT_EQ(write.accesses[1].kind, Kind::remove);

  const Operation transaction = read_operation(
      "TransactWriteItems",
      R"json({"TransactItems":[{"ConditionCheck":{"TableName":"a","Key":{"k":{"S":"1"}},
                                              "ConditionExpression":"attribute_exists(k)"}},
                           {"Update":{"TableName":"b","Key":{"k":{"S":"1"}},
                                      "UpdateExpression":"SET n = n + :one"}}]})json",
      200, R"({"ConsumedCapacity":[{"CapacityUnits":2},{"CapacityUnits":4}]})");
  ASSERT_EQ(transaction.accesses.size(), 2u);
  EXPECT_EQ(transaction.accesses[0].kind, Kind::check);
  EXPECT_EQ(transaction.accesses[1].kind, Kind::update);
  EXPECT_EQ(transaction.capacity, 6);
}

TEST(OperationTest, ReadsWhatDynamoDbCallsAnError) {
  const Operation refused = read_operation(
      "PutItem", R"({"TableName":"t","Item":{"k":{"S":"1"}}})", 400,
      R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
          "Item":{"hits":{"N":"5"}}})");
  EXPECT_FALSE(refused.succeeded());
  EXPECT_EQ(refused.error, "ConditionalCheckFailedException");
  EXPECT_EQ(refused.accesses.at(0).seen.at("hits").number(), 5);
}

TEST(OperationTest, SaysOfLegacyParametersThatTheyAreNotRead) {
  EXPECT_TRUE(read_operation("PutItem", R"({"TableName":"t","Item":{},"Expected":{}})", 200, "{}")
                  .accesses.at(0)
                  .unread);
}

TEST(OperationTest, BearsWhatItDoesNotUnderstand) {
  for (const char* body : {"", "[]", "{", "{\"Key\":5}", "{\"TransactItems\":[{\"Put\":[]}]}",
                           "{\"UpdateExpression\":\"SET\",\"Key\":{\"k\":{\"S\":5}}}"}) {
    for (const char* name : {"UpdateItem", "TransactWriteItems", "BatchGetItem", "Unknown", ""}) {
      const Operation operation = read_operation(name, body, 200, body);
      EXPECT_EQ(operation.name, name);
    }
  }
}

TEST(OperationTest, KeepsNoMoreAccessesAndAttributesThanTheirBounds) {
  std::string puts;
  std::string attributes;
  for (int i = 0; i < 150; ++i) puts += R"({"PutRequest":{"Item":{}}},)";
  for (int i = 0; i < 300; ++i) attributes += "\"a" + std::to_string(i) + "\":{\"N\":\"1\"},";
  puts.pop_back();
  attributes.pop_back();
  EXPECT_EQ(read_operation("BatchWriteItem", R"({"RequestItems":{"t":[)" + puts + "]}}", 200, "{}")
                .accesses.size(),
            kMaxAccesses);
  EXPECT_EQ(read_operation("PutItem", R"({"Item":{)" + attributes + "}}", 200, "{}")
                .accesses.at(0)
                .item.size(),
            kMaxAttributes);
}

TEST(OperationTest, CutsLongTextsOffBetweenTwoCharacters) {
  const auto kept = [](const std::string& text) {
    return read_operation("PutItem", R"({"Item":{"a":{"S":")" + text + "\"}}}", 200, "{}")
        .accesses.at(0)
        .item.at("a")
        .text.size();
  };
  EXPECT_EQ(kept(std::string(kMaxValueBytes, 'x')), kMaxValueBytes);
  EXPECT_EQ(kept(std::string(kMaxValueBytes + 1, 'x')), kMaxValueBytes);
  EXPECT_EQ(kept(std::string(kMaxValueBytes - 1, 'x') + "\u20ac"), kMaxValueBytes - 1);
}

}  // namespace
}  // namespace weir::tap
