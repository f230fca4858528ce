#include "policy/read_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "policy/nearest.h"
#include "policy/read_limit.h"
#include "policy/read_somebody.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

using YAML::Node;

class RuleReader {
 public:
  RuleReader(FieldReader& fields, Policy& policy)
      : fields_(fields), policy_(policy), limit_(fields, rule_) {}

  void read(const Node& node);

 private:
  void read_match(const Node& node);
  std::optional<KeyPart> key_part(const Node& value);
  void read_key_part(const Node& value);
  void read_override(const Node& node);
  void read_penalty(const Node& node);
  void check_hold(const Node& node, const Node& hold);
  void check_against_others(const Node& node, const Node& id);

  FieldReader& fields_;
  Policy& policy_;
  Rule rule_;
  LimitReader limit_;
};

std::optional<KeyPart> RuleReader::key_part(const Node& value) {
  const std::optional<std::string> text = fields_.text(value);
  return text ? fields_.take(value, parse_key_part(*text)) : std::nullopt;
}

void RuleReader::read_key_part(const Node& value) {
  const std::optional<KeyPart> part = key_part(value);
  if (!part) return;
  if (std::find(rule_.key.begin(), rule_.key.end(), *part) != rule_.key.end()) {
    fields_.error(value, "the key names '" + std::string(to_string(*part)) + "' twice",
                  "Name it once");
  } else {
    rule_.key.push_back(*part);
  }
}

void RuleReader::read_match(const Node& node) {
  const auto list = [&](std::vector<std::string>& target, Status (*check)(std::string_view)) {
    return [this, &target, check](const Node& value) {
      fields_.each(value, kMaxMatchEntries, [&](const Node& entry) {
        const std::optional<std::string> text = fields_.text(entry);
        if (text && fields_.check(entry, check(*text))) target.push_back(*text);
      });
    };
  };
  fields_.read(node, "match",
               {{"methods", list(rule_.match.methods, check_method)},
                {"routes", list(rule_.match.routes, check_route)}});
}

// After the rule itself, on whose key and algorithm it depends.
void RuleReader::read_override(const Node& node) {
  Override by;
  by.line = node.Mark().line + 1;
  by.column = node.Mark().column + 1;
  std::optional<Somebody> who;
  std::optional<Quota> quota;
  const std::size_t errors = fields_.errors().size();
  std::vector<Field> list = somebody_fields(fields_, who);
  list.push_back({"limit", [&](const Node& value) {
                    const std::optional<std::string> text = fields_.text(value);
                    if (text)
                      quota = fields_.take(value, parse_quota(excerpt(*text), rule_.algorithm));
                  }});
  list.push_back({"burst", [&](const Node& value) {
                    const std::optional<std::int64_t> number = fields_.whole_number(value);
                    if (number && fields_.check(value, check_cost(*number))) by.burst = *number;
                  }});
  if (!fields_.read(node, "an override", list) || fields_.errors().size() > errors) return;
  if (!who || !quota) {
    fields_.error(node, "the override does not say for whom, or which limit",
                  "Name a client_ip, an api_key or a user, and a limit");
    return;
  }
  by.who = *std::move(who);
  by.limit = quota->rate;
  by.calendar = quota->calendar;
  if (limit_.is_well_formed() && fields_.check(node, check_override(rule_, by)))
    rule_.overrides.push_back(std::move(by));
}

void RuleReader::read_penalty(const Node& node) {
  Penalty penalty;
  const std::size_t errors = fields_.errors().size();
  const bool is_map =
      fields_.read(node, "a penalty",
                   {{"refusals",
                     [&](const Node& value) {
                       const std::optional<std::string> text = fields_.text(value);
                       if (!text) return;
                       if (const auto rate = fields_.take(value, parse_rate(excerpt(*text))))
                         penalty.refusals = *rate;
                     }},
                    {"wait", [&](const Node& value) {
                       if (const auto wait = fields_.duration(value, kMaxDuration))
                         penalty.wait = *wait;
                     }}});
  if (!is_map || fields_.errors().size() > errors) return;
  if (penalty.refusals == Rate{} || penalty.wait == Duration::zero()) {
    fields_.error(node, "the penalty does not say after how many refusals, or how long to wait",
                  "Write {refusals: 10/m, wait: 10m}");
    return;
  }
  rule_.penalty = penalty;
}

void RuleReader::read(const Node& node) {
  rule_.line = node.Mark().line + 1;
  Node id = node;
  Node hold;
  Node overrides;
  std::int64_t cost = 0;
  std::vector<Field> list = limit_.list();
  for (Field& field : std::vector<Field>{
           {"id",
            [&](const Node& value) {
              id.reset(value);
              fields_.text_into(value, rule_.id, "a rule's id", is_name, kNameCure);
            }},
           {"match", [&](const Node& value) { read_match(value); }},
           {"key",
            [&](const Node& value) {
              fields_.each(value, 4, [&](const Node& entry) { read_key_part(entry); });
            }},
           {"ipv4_prefix",
            [&](const Node& value) { rule_.ipv4_prefix = read_prefix(fields_, value, 32); }},
           {"ipv6_prefix",
            [&](const Node& value) { rule_.ipv6_prefix = read_prefix(fields_, value, 128); }},
           {"distinct",
            [&](const Node& value) {
              limit_.note_place(value);
              rule_.distinct = key_part(value);
              if (!rule_.distinct) limit_.note_error();
            }},
           {"hold",
            [&](const Node& value) {
              hold.reset(value);
              if (const auto longest = fields_.duration(value, kMaxDuration)) {
                rule_.limit.window = *longest;
              } else {
                limit_.note_error();
              }
            }},
           {"cost", limit_.number_into(cost)},
           {"overrides", [&](const Node& value) { overrides.reset(value); }},
           {"penalty", [&](const Node& value) { read_penalty(value); }},
           {"log_keys", [&](const Node& value) {
              if (const auto truth = fields_.truth(value)) rule_.log_keys = *truth;
            }}})
    list.push_back(std::move(field));
  if (!fields_.read(node, "a rule", list)) return;
  if (cost > 0) rule_.cost = cost;
  if (id.is(node)) fields_.error(node, "the rule has no id", "Add id: NAME");
  if (limit_.has_limit()) check_hold(node, hold);
  limit_.finish(node);
  if (overrides.IsSequence() && overrides.size() <= kMaxOverrides) {
    for (const Node& by : overrides) read_override(by);
  } else if (!overrides.IsNull()) {
    fields_.error(overrides, "overrides is not a list of at most 256 entries",
                  "Write '- {user: NAME, limit: COUNT/WINDOW}'");
  }
  check_against_others(node, id);
  policy_.rules.push_back(std::move(rule_));
}

// Only concurrency holds places, and it does not do without knowing for how long.
void RuleReader::check_hold(const Node& node, const Node& hold) {
  if (rule_.algorithm == Algorithm::concurrency && hold.IsNull()) {
    fields_.error(node, "the rule does not say how long a request may take",
                  "Add hold: DURATION; a request that takes longer is no longer counted");
    limit_.note_error();
  } else if (rule_.algorithm != Algorithm::concurrency && !hold.IsNull()) {
    fields_.error(hold, "'hold' belongs to the algorithm concurrency",
                  "Remove it, or set algorithm: concurrency");
    limit_.note_error();
  }
}

// Two rules of one id would share counters; two of the same content would only cost twice.
void RuleReader::check_against_others(const Node& node, const Node& id) {
  const auto sorted = [](auto list) {
    std::sort(list.begin(), list.end());
    return list;
  };
  for (const Rule& other : policy_.rules) {
    const std::string where = " of line " + std::to_string(other.line);
    if (!rule_.id.empty() && other.id == rule_.id) {
      fields_.error(id, "the id '" + rule_.id + "' is already that of the rule" + where,
                    "Give each rule an id of its own");
      return;
    }
    if (rule_.limit.count > 0 && other.limit.window == rule_.limit.window &&
        other.algorithm == rule_.algorithm && other.distinct == rule_.distinct &&
        other.cost == rule_.cost && other.calendar == rule_.calendar &&
        other.shadow == rule_.shadow && other.strict == rule_.strict &&
        other.burst == rule_.burst && sorted(other.key) == sorted(rule_.key) &&
        sorted(other.match.methods) == sorted(rule_.match.methods) &&
        sorted(other.match.routes) == sorted(rule_.match.routes) &&
        other.ipv4_prefix == rule_.ipv4_prefix && other.ipv6_prefix == rule_.ipv6_prefix) {
      fields_.error(
          node,
          "this rule counts the same requests by the same key in the same window as rule '" +
              excerpt(other.id) + "'" + where,
          "Keep the one with the smaller limit");
      return;
    }
  }
}

}  // namespace

std::optional<int> read_prefix(FieldReader& fields, const Node& value, int bits) {
  const std::optional<std::int64_t> number = fields.whole_number(value);
  if (!number) return std::nullopt;
  const int clamped = static_cast<int>(std::clamp<std::int64_t>(*number, -1, 129));
  if (!fields.check(value, check_prefix(clamped, bits))) return std::nullopt;
  return clamped;
}

void check_override_widths(const Policy& policy, std::vector<Problem>& errors) {
  for (const Rule& rule : policy.rules) {
    for (const Override& by : rule.overrides) {
      const Status fits =
          check_override_width(rule, by, policy.identity.ipv4_prefix, policy.identity.ipv6_prefix);
      if (!fits && errors.size() < kMaxProblems)
        errors.push_back({by.line, by.column, fits.error().message, fits.error().cure});
    }
  }
}

void read_rules(const Node& node, FieldReader& fields, Policy& policy) {
  if (!node.IsSequence()) {
    fields.error(node, "rules is not a list", "Begin each rule with '- id: NAME'");
  } else if (node.size() > kMaxRules) {
    fields.error(node, "there are more than 256 rules", "Use fewer rules");
  } else {
    for (const Node& rule : node) RuleReader(fields, policy).read(rule);
  }
}

}  // namespace weir::policy
