// Story: a recording written down by a test, one operation after the other, 10 ms apart.
//
// Thread safety: one thread.
//
//   Story story;
//   story.get("a", R"("hits":{"N":"4"})");
//   story.put("a", R"("hits":{"N":"5"})");
//   story.found() == {"ddb-read-then-write"}
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tap/rules/rule.h"

namespace weir::tap {

class Story {
 public:
  // The next operations are of this connection.
  Story& by(std::uint64_t connection) {
    connection_ = connection;
    return *this;
  }
  Story& wait(Duration duration) {
    now_ += duration;
    return *this;
  }
  std::int64_t seconds() const {
    return std::chrono::floor<std::chrono::seconds>(now_.time_since_epoch()).count();
  }

  // `attributes` without braces; empty: there is no item.
  Operation& get(const std::string& key, const std::string& attributes, bool consistent = false) {
    return add("GetItem", "{" + head(key) + (consistent ? R"(,"ConsistentRead":true})" : "}"),
               attributes.empty() ? "{}" : R"({"Item":{)" + attributes + "}}");
  }
  Operation& put(const std::string& key, const std::string& attributes,
                 const std::string& more = {}) {
    return add(
        "PutItem",
        R"({"TableName":"t","Item":{"pk":{"S":")" + key + "\"}," + attributes + "}" + more + "}",
        "{}");
  }
  // `expression` and, if any, `condition` on what stands in `values`.
  Operation& update(const std::string& key, const std::string& expression,
                    const std::string& condition = {}, const std::string& more = {},
                    const std::string& values = R"(":one":{"N":"1"},":limit":{"N":"5"})") {
    return add("UpdateItem",
               "{" + head(key) + R"(,"UpdateExpression":")" + expression + "\"" +
                   (condition.empty() ? "" : R"(,"ConditionExpression":")" + condition + "\"") +
                   R"(,"ExpressionAttributeValues":{)" + values + "}" + more + "}",
               "{}");
  }
  // The operation before failed so.
  Story& failed(int status, const std::string& error) {
    operations_.back().status = status;
    operations_.back().error = error;
    return *this;
  }

  const std::vector<Operation>& operations() const { return operations_; }
  std::vector<Finding> findings() const { return find_flaws(operations_); }
  // The ids that are found.
  std::set<std::string> found() const {
    std::set<std::string> ids;
    for (const Finding& one : findings()) ids.insert(one.rule->id);
    return ids;
  }

 private:
  static std::string head(const std::string& key) {
    return R"("TableName":"t","Key":{"pk":{"S":")" + key + "\"}}";
  }
  Operation& add(std::string_view name, const std::string& request, const std::string& answer) {
    Operation operation = read_operation(name, request, 200, answer);
    operation.at = now_;
    operation.took = std::chrono::milliseconds(2);
    operation.connection = connection_;
    now_ += std::chrono::milliseconds(10);
    operations_.push_back(std::move(operation));
    return operations_.back();
  }

  Time now_{std::chrono::seconds(1'795'620'000)};
  std::uint64_t connection_ = 1;
  std::vector<Operation> operations_;
};

inline std::string hits(int count) {
  return R"("hits":{"N":")" + std::to_string(count) + "\"}";
}

inline std::string log_of(int elements) {
  std::string out = R"("hits":{"L":[)";
  for (int i = 0; i < elements; ++i) out += i > 0 ? R"(,{"N":"1"})" : R"({"N":"1"})";
  return out + "]}";
}

}  // namespace weir::tap
