#include "tap/summary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::tap {
namespace {

using std::chrono::milliseconds;

Operation update(const std::string& key, int status, Duration took) {
  Operation operation = read_operation(
      "UpdateItem",
      R"({"TableName":"t","Key":{"k":{"S":")" + key +
          R"("}},"UpdateExpression":"ADD n :o","ConditionExpression":"n < :l"})",
      status,
      status == 200 ? R"({"ConsumedCapacity":{"CapacityUnits":1}})" : R"({"__type":"x#E"})");
  operation.took = took;
  return operation;
}

TEST(SummaryTest, CountsTogetherWhatDiffersInValuesOnly) {
  const std::vector<Operation> operations = {
      read_operation("GetItem", R"({"TableName":"t","Key":{"k":{"S":"a"}}})", 200, "{}"),
      update("a", 200, milliseconds(3)), update("b", 400, milliseconds(1)),
      update("c", 0, milliseconds(9)), update("d", 200, milliseconds(5))};
  const std::vector<Shape> shapes = shapes_of(operations);
  ASSERT_EQ(shapes.size(), 2u);
  EXPECT_EQ(shapes[0].operation, "UpdateItem");
  EXPECT_EQ(shapes[0].asks, "t (k): ADD n :o IF n < :l");
  EXPECT_EQ(shapes[0].count, 4u);
  EXPECT_EQ(shapes[0].errors.at("E"), 2u);
  EXPECT_EQ(shapes[0].capacity, 2);
  EXPECT_EQ(shapes[0].median, milliseconds(5));
  EXPECT_EQ(shapes[0].slowest, milliseconds(9));
  EXPECT_EQ(shapes[1].asks, "t (k): get");
}

TEST(SummaryTest, SaysOfEachAccessWhatItAsks) {
  const auto asks = [](const char* name, const char* request) {
    return shapes_of(std::vector{read_operation(name, request, 200, "{}")}).at(0).asks;
  };
  EXPECT_EQ(asks("Query", R"({"TableName":"t","IndexName":"i","KeyConditionExpression":"a = :a"})"),
            "t/i: query where a = :a");
  EXPECT_EQ(asks("GetItem", R"({"TableName":"t","Key":{"a":{"S":"1"},"b":{"S":"2"}},
                                "ConsistentRead":true})"),
            "t (a, b): get, consistent");
  EXPECT_EQ(asks("PutItem", R"({"TableName":"t","Item":{"k":{"S":"1"},"n":{"N":"1"}},
                                "Expected":{}})"),
            "t: put k, n, and what is not read");
  EXPECT_EQ(asks("BatchWriteItem",
                 R"({"RequestItems":{"t":[{"PutRequest":{"Item":{"k":{"S":"1"}}}},
                                          {"PutRequest":{"Item":{"k":{"S":"2"}}}},
                                          {"DeleteRequest":{"Key":{"k":{"S":"3"}}}}]}})"),
            "t: put k; t (k): delete");
  EXPECT_EQ(asks("ListTables", "{}"), "");
}

}  // namespace
}  // namespace weir::tap
