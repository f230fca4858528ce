#include "tap/rules/parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "tap/summary.h"
#include "tap/times.h"

namespace weir::tap {

std::string shape_of(const Ledger& ledger, const Touch& touch) {
  return ledger.operation(touch).name + " " + to_string(*touch.access);
}

Finding finding(scan::Confidence confidence, std::string subject, std::string claim,
                std::vector<std::size_t> operations, std::string cure) {
  std::sort(operations.begin(), operations.end());
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  if (operations.size() > kMaxNamed) operations.resize(kMaxNamed);
  return {.rule = nullptr,
          .confidence = confidence,
          .subject = std::move(subject),
          .claim = std::move(claim),
          .operations = std::move(operations),
          .cure = std::move(cure)};
}

std::string bounded_increment(const std::string& attribute, bool is_list) {
  if (is_list) {
    return fmt::format(
        "UpdateExpression \"SET {0} = list_append(if_not_exists({0}, :none), :now)\" under "
        "ConditionExpression \"attribute_not_exists({0}) OR size({0}) < :limit\"",
        attribute);
  }
  return fmt::format(
      "UpdateExpression \"ADD {0} :one\" under ConditionExpression \"attribute_not_exists({0}) OR "
      "{0} < :limit\"",
      attribute);
}

bool is_windowed(const Ledger& ledger, const History& item) {
  return std::any_of(item.touches.begin(), item.touches.end(),
                     [&](const Touch& touch) {
                       return key_window(item.key, ledger.operation(touch).at).has_value();
                     }) ||
         std::any_of(item.writes.begin(), item.writes.end(),
                     [](const Write& write) { return write.begins_anew(); });
}

bool expires(const Ledger& ledger, const History& item) {
  const auto holds_a_time_to_come = [](const Item& attributes, Time at) {
    return std::any_of(attributes.begin(), attributes.end(), [at](const auto& one) {
      return one.second.type == "N" && seconds_ahead(one.second.number().value_or(0), at) > 0;
    });
  };
  return std::any_of(item.touches.begin(), item.touches.end(), [&](const Touch& touch) {
    const Time at = ledger.operation(touch).at;
    return holds_a_time_to_come(touch.access->item, at) ||
           holds_a_time_to_come(touch.access->values, at) ||
           holds_a_time_to_come(touch.access->seen, at);
  });
}

std::optional<KeyWindow> key_window(const Item& key, Time at) {
  for (const auto& [attribute, value] : key) {
    if (value.type != "S" && value.type != "N") continue;
    for (const TimeMark& mark : time_marks(value.text, at)) {
      if (mark.window_s > 0) return KeyWindow{attribute, mark.number, mark.window_s};
    }
  }
  return std::nullopt;
}

}  // namespace weir::tap
