#include "tap/redact.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::tap {
namespace {

using std::chrono::seconds;

constexpr Time kNow{seconds(1'795'620'000)};  // 2026-11-25 15:20 UTC

TEST(RedactorTest, LeavesOfATextItsLengthAndWhetherTwoAreEqual) {
  const Redactor redactor("salt");
  const std::string alice = redactor.text("alice@example.com", kNow);
  EXPECT_EQ(alice.substr(0, 4), "<17 ");
  EXPECT_EQ(alice.find("alice"), std::string::npos);
  EXPECT_EQ(redactor.text("alice@example.com", kNow), alice);
  EXPECT_NE(redactor.text("alice@example.org", kNow), alice);
  EXPECT_NE(Redactor("other salt").text("alice@example.com", kNow), alice);
}

TEST(RedactorTest, LeavesDelimitersAndNumbersThatReadAsTimes) {
  const Redactor redactor("salt");
  const std::string mark = redactor.text("alice", kNow);
  const std::string minute = std::to_string(1'795'620'000 / 60);
  EXPECT_EQ(redactor.text("alice#" + minute, kNow), mark + "#" + minute);
  EXPECT_EQ(redactor.text("a:1795620000", kNow).substr(13), "1795620000");
  EXPECT_EQ(redactor.text("202611251520", kNow), "202611251520");
  EXPECT_EQ(redactor.text("alice#4111111111111111", kNow).find("4111"), std::string::npos);
}

TEST(RedactorTest, LeavesNumbersThatAreCountsOrTimesAndNoOthers) {
  const Redactor redactor("salt");
  for (const char* plain : {"0", "5", "-3.5", "9999999", "1795620000", "1795620000123",
                            "1795620000123456", "1795620000123456789", "1800000000", "29927000"}) {
    EXPECT_EQ(redactor.number(plain, kNow), plain);
  }
  for (const char* secret : {"4111111111111111", "493012345678", "10000000", "1e30", "x"}) {
    EXPECT_EQ(redactor.number(secret, kNow)[0], '<') << secret;
  }
}

TEST(RedactorTest, TakesTheValuesOutOfEveryPartOfAnOperation) {
  Operation operation =
      read_operation("UpdateItem",
                     R"({"TableName":"limits","Key":{"pk":{"S":"secret-a"}},
          "UpdateExpression":"SET m.#u = :v REMOVE m.#u.x ADD c :one",
          "ConditionExpression":"m.#u <> :v",
          "ExpressionAttributeNames":{"#u":"secret-b"},
          "ExpressionAttributeValues":{":v":{"S":"secret-c"},":one":{"N":"1"},
                                       ":card":{"N":"4111111111111111"}}})",
                     200, R"({"Attributes":{"seen":{"S":"secret-d"},"raw":{"B":"c2VjcmV0"}}})");
  operation.at = kNow;
  Redactor("salt").redact(operation);
  const Access& access = operation.accesses.at(0);
  std::string all = to_string(*access.condition) + to_string(*access.update);
  for (const Item* item : {&access.key, &access.values, &access.seen}) {
    for (const auto& [name, value] : *item) all += name + "=" + value.text + ";";
  }
  EXPECT_EQ(all.find("secret"), std::string::npos) << all;
  EXPECT_EQ(all.find("c2VjcmV0"), std::string::npos) << all;
  EXPECT_EQ(all.find("4111"), std::string::npos) << all;
  EXPECT_NE(all.find(":one=1;"), std::string::npos) << all;
  EXPECT_EQ(access.update->set.at(0).path, access.condition->operands.at(0).path);
}

}  // namespace
}  // namespace weir::tap
