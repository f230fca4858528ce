#include "engine/decision_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/duration.h"
#include "engine/http_answer.h"

namespace weir::engine {
namespace {

// RFC 3339, in UTC, to the millisecond.
std::string instant(Time time) {
  const std::int64_t ms =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

boost::json::object rule_json(const RuleRecord& rule) {
  boost::json::object object = {{"rule", rule.rule},       {"algorithm", rule.algorithm},
                                {"limit", rule.limit},     {"overridden", rule.overridden},
                                {"shadow", rule.shadow},   {"state", to_string(rule.state)},
                                {"counter", rule.counter}, {"cost", rule.cost}};
  if (!rule.key.empty()) object["key"] = rule.key;
  if (rule.remaining) object["remaining"] = *rule.remaining;
  if (rule.room_at) object["room_at"] = instant(*rule.room_at);
  return object;
}

}  // namespace

std::string_view to_string(RuleRecord::State state) {
  switch (state) {
    case RuleRecord::State::room:
      return "room";
    case RuleRecord::State::full:
      return "full";
    case RuleRecord::State::penalty:
      return "penalty";
    case RuleRecord::State::leased:
      return "leased";
    case RuleRecord::State::local:
      return "local";
    case RuleRecord::State::allowed:
      return "allowed";
    case RuleRecord::State::undecided:
      return "undecided";
    case RuleRecord::State::not_asked:
      return "not_asked";
  }
  return {};
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::admitted:
      return "admitted";
    case Verdict::refused:
      return "refused";
    case Verdict::denied:
      return "denied";
    case Verdict::malformed:
      return "malformed";
    case Verdict::unavailable:
      return "unavailable";
  }
  return {};
}

std::string to_json(const DecisionRecord& record) {
  boost::json::object object = {{"at", instant(record.at)},
                                {"method", record.method},
                                {"route", record.route},
                                {"verdict", to_string(record.verdict)},
                                {"status", http_status(record.verdict)},
                                {"degraded", record.degraded}};
  if (!record.rule.empty()) object["rule"] = record.rule;
  if (!record.reason.empty()) object["reason"] = record.reason;
  if (!record.list.empty()) object["list"] = record.list;
  if (record.retry_after > Duration::zero())
    object["retry_after_s"] = ceil_seconds(record.retry_after);
  boost::json::array rules;
  for (const RuleRecord& rule : record.rules) rules.push_back(rule_json(rule));
  object["rules"] = std::move(rules);
  return boost::json::serialize(object);
}

std::string to_text(const DecisionRecord& record) {
  std::string text = fmt::format("{} ({})", to_string(record.verdict), http_status(record.verdict));
  if (!record.reason.empty()) text += ": " + record.reason;
  if (!record.list.empty()) text += fmt::format(", by the {} list", record.list);
  if (record.retry_after > Duration::zero())
    text += fmt::format("; again in {} s", ceil_seconds(record.retry_after));
  text += "\n";
  for (const RuleRecord& rule : record.rules) {
    text += fmt::format("  {:<20} {:<9} {} {}{}{}", rule.rule, to_string(rule.state),
                        rule.algorithm, rule.limit, rule.overridden ? " (override)" : "",
                        rule.shadow ? " (shadow)" : "");
    if (rule.cost != 1) text += fmt::format(", cost {}", rule.cost);
    if (rule.remaining) text += fmt::format(", {} left", *rule.remaining);
    if (rule.room_at) text += ", room at " + instant(*rule.room_at);
    text += ", counter " + rule.counter;
    if (!rule.key.empty()) text += ", key " + rule.key;
    text += "\n";
  }
  return text;
}

}  // namespace weir::engine
