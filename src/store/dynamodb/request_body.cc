#include "store/dynamodb/request_body.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <iterator>
#include <utility>

namespace weir::store {
namespace {

std::string base64(const Key& key) {
  std::string text(4 * ((key.bytes.size() + 2) / 3) + 1, '\0');  // and the NUL that it ends with
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(key.bytes.data()),
                  static_cast<int>(key.bytes.size()));
  text.pop_back();
  return text;
}

std::string_view symbol(Relation relation) {
  switch (relation) {
    case Relation::equal:
      return "=";
    case Relation::not_equal:
      return "<>";
    case Relation::less:
      return "<";
    case Relation::less_or_equal:
      return "<=";
    case Relation::greater:
      return ">";
    case Relation::greater_or_equal:
      return ">=";
    case Relation::present:
    case Relation::absent:
      break;
  }
  WEIR_CHECK(false);
}

// The expressions of one request, and the names and values that they stand for. Both are made here
// and nowhere else, out of numbers and of names that hold only letters and digits, so nothing needs
// escaping.
class Expressions {
 public:
  explicit Expressions(const ConditionalUpdate& update) {
    for (const Attribute& set : update.set) clause("SET ", name(set.name), " = ", value(set.value));
    section_ = {};
    for (const Attribute& add : update.add) clause("ADD ", name(add.name), " ", value(add.value));
    section_ = {};
    for (const AttributeName& removed : update.remove) clause("REMOVE ", name(removed), "", "");
    for (const auto& all_of : update.any_of) {
      if (!condition_.empty()) condition_ += " OR ";
      if (update.any_of.size() > 1) condition_ += '(';
      bool first = true;
      for (const Requirement& requirement : all_of) {
        if (!std::exchange(first, false)) condition_ += " AND ";
        require(requirement);
      }
      if (update.any_of.size() > 1) condition_ += ')';
    }
  }

  std::string body(const Key& key, std::string_view table) const {
    const std::string values =
        values_.empty() ? "" : fmt::format(R"("ExpressionAttributeValues":{{{}}},)", values_);
    return fmt::format(
        R"({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"UpdateExpression":"{}",)"
        R"("ConditionExpression":"{}","ExpressionAttributeNames":{{{}}},{})"
        R"("ReturnValues":"ALL_NEW",)"
        R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD","ReturnConsumedCapacity":"TOTAL"}})",
        table, base64(key), update_, condition_, names_, values);
  }

 private:
  void clause(std::string_view section, std::string_view attribute, std::string_view between,
              std::string_view operand) {
    if (section_ == section) {
      update_ += ", ";
    } else {
      if (!update_.empty()) update_ += ' ';
      update_ += section;
      section_ = section;
    }
    update_ += attribute;
    update_ += between;
    update_ += operand;
  }

  void require(const Requirement& requirement) {
    const std::string attribute = name(requirement.name);
    if (requirement.relation == Relation::present) {
      condition_ += fmt::format("attribute_exists({})", attribute);
    } else if (requirement.relation == Relation::absent) {
      condition_ += fmt::format("attribute_not_exists({})", attribute);
    } else {
      condition_ += fmt::format("{} {} {}", attribute, symbol(requirement.relation),
                                value(requirement.value));
    }
  }

  // Every attribute under a '#' name: DynamoDB reserves several hundred words.
  std::string name(const AttributeName& attribute) {
    std::string result = fmt::format("#{}", attribute.text());
    const std::string entry = fmt::format(R"("{}":"{}")", result, attribute.text());
    if (names_.find(entry) == std::string::npos) {
      if (!names_.empty()) names_ += ',';
      names_ += entry;
    }
    return result;
  }
  std::string value(std::int64_t number) {
    std::string result = fmt::format(":{}", value_count_++);
    if (!values_.empty()) values_ += ',';
    fmt::format_to(std::back_inserter(values_), R"("{}":{{"N":"{}"}})", result, number);
    return result;
  }

  std::string update_;
  std::string_view section_;  // the one that update_ ends in
  std::string condition_;
  std::string names_;
  std::string values_;
  int value_count_ = 0;
};

}  // namespace

std::string update_body(const ConditionalUpdate& update, std::string_view table) {
  return Expressions(update).body(update.key, table);
}

std::string read_body(const Key& key, std::string_view table) {
  return fmt::format(R"({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"ConsistentRead":true,)"
                     R"("ReturnConsumedCapacity":"TOTAL"}})",
                     table, base64(key));
}

std::string delete_body(const Key& key, std::string_view table) {
  return fmt::format(R"({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"ReturnValues":"ALL_OLD",)"
                     R"("ReturnConsumedCapacity":"TOTAL"}})",
                     table, base64(key));
}

std::string check_body(std::string_view table) {
  // No key of Weir's is all zeros, other than by a chance of 2^-256.
  return fmt::format(
      R"json({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"UpdateExpression":"SET #v = :0",)json"
      R"json("ConditionExpression":"attribute_exists(#v) AND attribute_not_exists(#v)",)json"
      R"json("ExpressionAttributeNames":{{"#v":"v"}},)json"
      R"json("ExpressionAttributeValues":{{":0":{{"N":"0"}}}}}})json",
      table, base64(Key{}));
}

}  // namespace weir::store
