#include "store/dynamodb/conditional_update.h"

#include <gtest/gtest.h>

#include "store/dynamodb/request_body.h"

namespace weir::store {
namespace {

Item item_of(std::initializer_list<Attribute> attributes) {
  Item item;
  for (const Attribute& attribute : attributes) item.set(attribute.name, attribute.value);
  return item;
}

bool is_done(std::vector<std::vector<Requirement>> any_of, const std::optional<Item>& item) {
  ConditionalUpdate update;
  update.add = {{"v", 1}};
  update.any_of = std::move(any_of);
  return apply_update(update, item).done;
}

TEST(ConditionalUpdate, SetsAddsAndRemovesWhatTheItemWasBefore) {
  ConditionalUpdate update;
  update.set = {{"g", 7}};
  update.add = {{"t", -2}, {"s3", 5}};
  update.remove = {"s1", "s2"};
  update.any_of = {{{"g", Relation::equal, 6}}};
  const auto result = apply_update(update, item_of({{"g", 6}, {"t", 9}, {"s1", 4}}));
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.item, item_of({{"g", 7}, {"t", 7}, {"s3", 5}}));
}

TEST(ConditionalUpdate, ThatIsNotDoneLeavesTheItemAndBringsIt) {
  ConditionalUpdate update;
  update.add = {{"t", 1}};
  update.any_of = {{{"t", Relation::less, 9}}};
  const Item full = item_of({{"t", 9}});
  const auto result = apply_update(update, full);
  EXPECT_FALSE(result.done);
  EXPECT_EQ(result.item, full);
  EXPECT_EQ(apply_update(update, std::nullopt).item, std::nullopt);
}

TEST(ConditionalUpdate, MakesAnItemWhereItsConditionAllowsForNone) {
  ConditionalUpdate update;
  update.add = {{"t", 3}};
  update.any_of = {{kNoItem}, {{"t", Relation::equal, 0}}};
  EXPECT_EQ(apply_update(update, std::nullopt).item, item_of({{"t", 3}}));
  EXPECT_TRUE(apply_update(update, item_of({{"t", 0}})).done);
  EXPECT_FALSE(apply_update(update, item_of({{"t", 1}})).done);
}

TEST(ConditionalUpdate, ComparesAsDynamoDbDoes) {
  const Item item = item_of({{"t", 5}});
  EXPECT_TRUE(is_done({{{"t", Relation::equal, 5}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::equal, 4}}}, item));
  EXPECT_TRUE(is_done({{{"t", Relation::not_equal, 4}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::not_equal, 5}}}, item));
  EXPECT_TRUE(is_done({{{"t", Relation::less, 6}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::less, 5}}}, item));
  EXPECT_TRUE(is_done({{{"t", Relation::less_or_equal, 5}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::less_or_equal, 4}}}, item));
  EXPECT_TRUE(is_done({{{"t", Relation::greater, 4}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::greater, 5}}}, item));
  EXPECT_TRUE(is_done({{{"t", Relation::greater_or_equal, 5}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::greater_or_equal, 6}}}, item));
  EXPECT_TRUE(is_done({{{"t", Relation::present}}}, item));
  EXPECT_FALSE(is_done({{{"t", Relation::absent}}}, item));
}

TEST(ConditionalUpdate, HoldsNothingButAbsenceAgainstWhatIsAbsent) {
  for (const std::optional<Item>& item : {std::optional<Item>(), std::optional<Item>(Item())}) {
    EXPECT_TRUE(is_done({{{"t", Relation::absent}}}, item));
    EXPECT_TRUE(is_done({{{"t", Relation::not_equal, 0}}}, item));
    for (const Relation relation :
         {Relation::equal, Relation::less, Relation::less_or_equal, Relation::greater,
          Relation::greater_or_equal, Relation::present}) {
      EXPECT_FALSE(is_done({{{"t", relation, 0}}}, item));
    }
  }
  EXPECT_TRUE(is_done({{kNoItem}}, std::nullopt));
  EXPECT_FALSE(is_done({{kNoItem}}, Item()));
}

TEST(ConditionalUpdate, NeedsAllOfOneOfItsAlternatives) {
  const Requirement yes{"t", Relation::equal, 5};
  const Requirement no{"t", Relation::equal, 6};
  const Item item = item_of({{"t", 5}});
  EXPECT_TRUE(is_done({{yes, yes}}, item));
  EXPECT_FALSE(is_done({{yes, no}}, item));
  EXPECT_TRUE(is_done({{yes, no}, {yes}}, item));
  EXPECT_FALSE(is_done({{yes, no}, {no}}, item));
}

TEST(ConditionalUpdateDeathTest, IsNeverOneThatDynamoDbRefusesToRead) {
  ConditionalUpdate twice;
  twice.set = {{"t", 1}};
  twice.remove = {"t"};
  twice.any_of = {{kNoItem}};
  EXPECT_DEATH(apply_update(twice, std::nullopt), "invariant");
  ConditionalUpdate nothing;
  nothing.any_of = {{kNoItem}};
  EXPECT_DEATH(apply_update(nothing, std::nullopt), "invariant");
}

TEST(RequestBody, HasTheClausesOfTheUpdate) {
  ConditionalUpdate update;
  update.set = {{"g", 7}, {"w", -1}};
  update.add = {{"t", 2}};
  update.remove = {"s1", "s2"};
  update.any_of = {{kNoItem}, {{"g", Relation::less, 5}, {"lw", Relation::not_equal, 9}}};
  EXPECT_EQ(
      update_body(update, "weir"),
      R"json({"TableName":"weir","Key":{"k":{"B":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},)json"
      R"json("UpdateExpression":"SET #g = :0, #w = :1 ADD #t :2 REMOVE #s1, #s2",)json"
      R"json("ConditionExpression":"(attribute_not_exists(#k)) OR (#g < :3 AND #lw <> :4)",)json"
      R"json("ExpressionAttributeNames":{"#g":"g","#w":"w","#t":"t","#s1":"s1","#s2":"s2","#k":"k","#lw":"lw"},)json"
      R"json("ExpressionAttributeValues":{":0":{"N":"7"},":1":{"N":"-1"},":2":{"N":"2"},":3":{"N":"5"},":4":{"N":"9"}},)json"
      R"json("ReturnValues":"ALL_NEW","ReturnValuesOnConditionCheckFailure":"ALL_OLD","ReturnConsumedCapacity":"TOTAL"})json");
}

TEST(RequestBody, ReadsWhatWasLastWritten) {
  EXPECT_NE(read_body(Key{}, "weir").find("\"ConsistentRead\":true"), std::string::npos);
}

TEST(RequestBody, SaysNothingOfValuesWhereThereAreNone) {
  ConditionalUpdate update;
  update.remove = {"s1"};
  update.any_of = {{{"s1", Relation::present}}};
  const std::string body = update_body(update, "weir");
  EXPECT_EQ(body.find("ExpressionAttributeValues"), std::string::npos);
  EXPECT_NE(body.find(R"json("ConditionExpression":"attribute_exists(#s1)")json"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::store
