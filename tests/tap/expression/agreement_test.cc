// What the grammar accepts and refuses, held against DynamoDB Local, whose parser is Amazon's own.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/system_clock.h"
#include "store/dynamodb/client.h"
#include "support/emulator.h"
#include "tap/expression/expression.h"

namespace weir::tap {
namespace {

enum class Use { condition, update, projection, key_condition };

struct Case {
  Use use;
  const char* text;
};

// Those that are well formed are so that no attribute's absence or type makes them fail.
const Case kCases[] = {
    {Use::condition, "n1<:l"},
    {Use::condition, "n1 < :l AND n2 = :b OR NOT n3 <> :c"},
    {Use::condition, "n1 < :l and n2 = :b or not n3 <> :c"},
    {Use::condition, "(n1 < :l)"},
    {Use::condition, "((n1 < :l))"},
    {Use::condition, "(n1) < (:l)"},
    {Use::condition, "((n1)) < :l"},
    {Use::condition, "n1 + :a < :l"},
    {Use::condition, ":a < :b"},
    {Use::condition, "n1 < n2"},
    {Use::condition, "attribute_exists (n1)"},
    {Use::condition, "Attribute_Exists(n1)"},
    {Use::condition, "attribute_exists(:a)"},
    {Use::condition, "attribute_exists(n1, n2)"},
    {Use::condition, "attribute_exists(n1,)"},
    {Use::condition, "attribute_exists()"},
    {Use::condition, "attribute_exists((n1))"},
    {Use::condition, "size(n1) > :a"},
    {Use::condition, "(size(n1)) > :a"},
    {Use::condition, "size(n1)"},
    {Use::condition, "size(size(n1)) > :a"},
    {Use::condition, "contains(n1, :a)"},
    {Use::condition, "(contains(n1, :a))"},
    {Use::condition, "contains(n1, size(n2))"},
    {Use::condition, "begins_with(n1, n2)"},
    {Use::condition, "begins_with(n1, :a) = :b"},
    {Use::condition, "if_not_exists(n1, :a) = :b"},
    {Use::condition, "list_append(n1, :a) = :b"},
    {Use::condition, "foo(n1)"},
    {Use::condition, "n1 BETWEEN :a AND :b AND n2 = :c"},
    {Use::condition, "n1 BETWEEN (:a) AND (:b)"},
    {Use::condition, "NOT n1 BETWEEN :a AND :b"},
    {Use::condition, "NOT NOT n1 = :b"},
    {Use::condition, "NOT (n1)"},
    {Use::condition, "n1 IN (:a, :b, n2)"},
    {Use::condition, "n1 IN ((:a))"},
    {Use::condition, "n1 IN ()"},
    {Use::condition, "n1 IN :a"},
    {Use::condition, "n1 NOT IN (:a)"},
    {Use::condition, "n1"},
    {Use::condition, ":a"},
    {Use::condition, "n1[0][1].n2[3] = :a"},
    {Use::condition, "n1 [ 0 ] . n2 = :a"},
    {Use::condition, "n1[01] = :a"},
    {Use::condition, "n1[99999999999] = :a"},
    {Use::condition, "n1[-1] = :a"},
    {Use::condition, "n1..n2 = :a"},
    {Use::condition, "n1.[0] = :a"},
    {Use::condition, ".n1 = :a"},
    {Use::condition, "n1.and = :a"},
    {Use::condition, "#n1.#n2[0] = :a"},
    {Use::condition, "#1 = :a"},
    {Use::condition, "# = :a"},
    {Use::condition, "#n-x = :a"},
    {Use::condition, "n-x = :a"},
    {Use::condition, "_n = :a"},
    {Use::condition, "1n = :a"},
    {Use::condition, "and1 = :a"},
    {Use::condition, "set = :a"},
    {Use::condition, "n1 == :a"},
    {Use::condition, "n1 != :a"},
    {Use::condition, "n1 > = :a"},
    {Use::condition, "n1 = :a = :b"},
    {Use::condition, "n1 < (n2 = :a)"},
    {Use::condition, "n1 = :a AND"},
    {Use::condition, "AND n1 = :a"},
    {Use::condition, "(n1 = :a"},
    {Use::condition, "n1 = :a)"},
    {Use::condition, "n1 = 5"},
    {Use::condition, "n1 = 'x'"},
    {Use::condition, "((n1 = :a) AND n2 = :b)"},
    {Use::condition, "((n1 = :a AND n2 = :b))"},
    {Use::update, "set n1 = :a remove n2"},
    {Use::update, "SET n1=n1+:a,n2=:b REMOVE n3"},
    {Use::update, "SET n1 = :a + :b"},
    {Use::update, "SET n1 = :a + :b + :c"},
    {Use::update, "SET n1 = (:a + :b)"},
    {Use::update, "SET n1 = (:a)"},
    {Use::update, "SET n1 = ((:a))"},
    {Use::update, "SET n1 = (:a) + :b"},
    {Use::update, "SET n1 = (:a + :b) + :c"},
    {Use::update, "SET n1 = :a * :b"},
    {Use::update, "SET n1 = -:a"},
    {Use::update, "SET n1 = if_not_exists(n1, :z) + :a"},
    {Use::update, "SET n1 = if_not_exists(:z, n1)"},
    {Use::update, "SET n1 = if_not_exists(n1, if_not_exists(n2, :z))"},
    {Use::update, "SET n1 = if_not_exists(n1, :a + :b)"},
    {Use::update, "SET n1 = IF_NOT_EXISTS(n1, :a)"},
    {Use::update, "SET n1 = list_append(n1, n2) + :a"},
    {Use::update, "SET n1 = size(n2)"},
    {Use::update, "SET n1 = attribute_exists(n2)"},
    {Use::update, "SET n1 = :a SET n2 = :b"},
    {Use::update, "SET n1 = :a AND n2 = :b"},
    {Use::update, "SET n1 = :a,"},
    {Use::update, "SET n1 = :a, REMOVE n2"},
    {Use::update, "SET n1 = :a; REMOVE n2"},
    {Use::update, "SET n1 :a"},
    {Use::update, "SET (n1) = :a"},
    {Use::update, "SET :a = n1"},
    {Use::update, "SET"},
    {Use::update, "ADD n1 :a, n2 :b REMOVE n3 SET n4 = :c"},
    {Use::update, "ADD n1 n2"},
    {Use::update, "ADD n1 = :a"},
    {Use::update, "ADD n1 (:a)"},
    {Use::update, "DELETE n1"},
    {Use::update, "REMOVE (n1)"},
    {Use::update, "REMOVE :a"},
    {Use::projection, "n1,n2.n3[0],#n4"},
    {Use::projection, "n1 n2"},
    {Use::projection, "n1,"},
    {Use::projection, ":a"},
    {Use::projection, "size(n1)"},
    {Use::projection, "(n1)"},
    {Use::key_condition, "pk = :a"},
    {Use::key_condition, "(pk = :a)"},
    {Use::key_condition, "((pk = :a))"},
    {Use::key_condition, ":a = pk"},
    {Use::key_condition, "pk = :a AND begins_with(sk, :b)"},
    {Use::key_condition, "pk = :a AND sk BETWEEN :b AND :c"},
    {Use::key_condition, "pk = :a AND sk <> :b"},
    {Use::key_condition, "pk = :a OR sk = :b"},
    {Use::key_condition, "pk = :a AND NOT sk = :b"},
    {Use::key_condition, "pk = :a AND sk IN (:b)"},
    {Use::key_condition, "pk = :a AND size(sk) = :b"},
    {Use::key_condition, "pk = :a AND contains(sk, :b)"},
};

bool we_accept(const Case& one) {
  switch (one.use) {
    case Use::condition:
      return parse_condition(one.text).has_value();
    case Use::update:
      return parse_update(one.text).has_value();
    case Use::projection:
      return parse_projection(one.text).has_value();
    case Use::key_condition:
      return parse_condition(one.text, ConditionUse::key_condition).has_value();
  }
  return false;
}

// The placeholders that stand in it: each must be given a meaning, and no other may be.
std::string meanings(const std::string& text, char sign, const std::string& meaning) {
  std::set<std::string> found;
  for (std::size_t at = text.find(sign); at != std::string::npos; at = text.find(sign, at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && (std::isalnum(text[end]) != 0 || text[end] == '_')) ++end;
    if (end > at + 1) found.insert(text.substr(at, end - at));
  }
  std::string out;
  for (const std::string& name : found) {
    if (!out.empty()) out += ',';
    out += '"' + name + "\":" + (meaning.empty() ? "\"x" + name.substr(1) + '"' : meaning);
  }
  return out;
}

class Agreement : public testing::Test {
 protected:
  Agreement()
      : client_({}, store::resolve_target({}, emulator_.environment()).value(),
                emulator_.environment(),
                store::make_http_client({}, emulator_.environment()).value(), clock_) {
    call(
        "CreateTable",
        R"({"TableName":"ttt","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},)"
        R"({"AttributeName":"sk","KeyType":"RANGE"}],"AttributeDefinitions":[)"
        R"({"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],)"
        R"("BillingMode":"PAY_PER_REQUEST"})");
  }

  store::CallResult call(const char* operation, const std::string& body) {
    return client_.call(operation, body, net::Deadline::in(std::chrono::seconds(20)));
  }

  bool dynamodb_accepts(const Case& one) {
    const std::string text = one.text;
    const bool is_query = one.use == Use::key_condition;
    const std::string names = meanings(text, '#', "");
    const std::string values = meanings(text, ':', is_query ? R"({"S":"1"})" : R"({"N":"1"})");
    std::string body = R"({"TableName":"ttt")";
    if (!is_query) body += R"(,"Key":{"pk":{"S":"x"},"sk":{"S":"y"}})";
    const char* const kParameters[] = {"ConditionExpression", "UpdateExpression",
                                       "ProjectionExpression", "KeyConditionExpression"};
    body += ",\"" + std::string(kParameters[static_cast<int>(one.use)]) + "\":\"" + text + '"';
    if (!names.empty()) body += R"(,"ExpressionAttributeNames":{)" + names + '}';
    if (!values.empty() && one.use != Use::projection) {
      body += R"(,"ExpressionAttributeValues":{)" + values + '}';
    }
    const char* const kOperations[] = {"DeleteItem", "UpdateItem", "GetItem", "Query"};
    const store::CallResult result = call(kOperations[static_cast<int>(one.use)], body + '}');
    if (result.fate == store::Fate::done || result.fate == store::Fate::condition_failed) {
      return true;
    }
    EXPECT_EQ(result.aws_error, "ValidationException") << text << result.error.to_string();
    return false;
  }

  test::Emulator emulator_{"dynamodb-local"};
  base::SystemClock clock_;
  store::DynamoDbClient client_;
};

TEST_F(Agreement, WithAmazonsOwnParserOnEveryExpressionOfTheList) {
  int accepted = 0;
  for (const Case& one : kCases) {
    const bool theirs = dynamodb_accepts(one);
    EXPECT_EQ(we_accept(one), theirs) << one.text;
    accepted += theirs ? 1 : 0;
  }
  // The list has both in number.
  EXPECT_GE(accepted, 40);
  EXPECT_GE(static_cast<int>(std::size(kCases)) - accepted, 60);
}

}  // namespace
}  // namespace weir::tap
