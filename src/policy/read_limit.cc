#include "policy/read_limit.h"

#include <string>
#include <utility>

#include "policy/nearest.h"

namespace weir::policy {

using YAML::Node;

std::function<void(const Node&)> LimitReader::number_into(std::int64_t& target) {
  return [this, &target](const Node& value) {
    note_place(value);
    const std::optional<std::int64_t> number = fields_.whole_number(value);
    if (!number || !fields_.check(value, check_cost(*number))) {
      note_error();
    } else {
      target = *number;
    }
  };
}

std::vector<Field> LimitReader::list() {
  return {{"limit", [this](const Node& value) { limit_.reset(value); }},
          {"algorithm",
           [this](const Node& value) {
             algorithm_.reset(value);
             const std::optional<std::string> text = fields_.text(value);
             const auto choice = text ? fields_.take(value, parse_algorithm(*text)) : std::nullopt;
             if (choice) {
               rule_.algorithm = *choice;
             } else {
               note_error();
             }
           }},
          {"burst", number_into(rule_.burst)},
          {"strict",
           [this](const Node& value) {
             note_place(value);
             if (const auto truth = fields_.truth(value)) rule_.strict = *truth;
           }},
          {"time_zone",
           [this](const Node& value) {
             note_place(value);
             fields_.text_into(
                 value, rule_.time_zone, "the name of a time zone",
                 [](const std::string& text) { return !text.empty() && text.size() <= 64; },
                 "Write an IANA name, for example Europe/Berlin");
             rule_.time_zone = excerpt(rule_.time_zone);
           }},
          {"shadow",
           [this](const Node& value) {
             if (const auto truth = fields_.truth(value)) rule_.shadow = *truth;
           }},
          {"on_store_failure",
           [this](const Node& value) {
             const std::optional<std::string> text = fields_.text(value);
             if (!text) return;
             if (const auto choice = fields_.take(value, parse_on_store_failure(*text)))
               rule_.on_store_failure = *choice;
           }},
          {"local_share", [this](const Node& value) {
             const std::optional<double> share = fields_.number(value);
             if (share && fields_.check(value, check_local_share(*share)))
               rule_.local_share = *share;
           }}};
}

void LimitReader::read_quota() {
  const std::optional<std::string> text = fields_.text(limit_);
  const std::optional<Quota> quota =
      text ? fields_.take(limit_, parse_quota(excerpt(*text), rule_.algorithm)) : std::nullopt;
  if (!quota) return note_error();
  rule_.calendar = quota->calendar;
  const Duration hold = rule_.limit.window;
  rule_.limit = quota->rate;
  if (rule_.algorithm == Algorithm::concurrency) rule_.limit.window = hold;
}

void LimitReader::finish(const Node& rule) {
  if (!has_limit()) {
    fields_.error(rule, "the rule has no limit", "Add limit: COUNT/WINDOW");
    return;
  }
  read_quota();
  const Node& place = !place_.IsNull() ? place_ : !algorithm_.IsNull() ? algorithm_ : rule;
  if (well_formed_) fields_.check(place, check_algorithm(rule_));
}

}  // namespace weir::policy
