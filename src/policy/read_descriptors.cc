#include "policy/read_descriptors.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "policy/nearest.h"
#include "policy/read_limit.h"
#include "policy/read_rules.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

using YAML::Node;

class DescriptorReader {
 public:
  DescriptorReader(FieldReader& fields, Policy& policy)
      : fields_(fields), policy_(policy), limit_(fields, rule_.rule) {}

  void read(const Node& node);

 private:
  void read_entry(const Node& value);
  void read_key(const Node& value);
  void check_answer(const Node& node);

  FieldReader& fields_;
  Policy& policy_;
  DescriptorRule rule_;
  LimitReader limit_;
};

// `name`, or a mapping of one name to its value.
void DescriptorReader::read_entry(const Node& value) {
  std::string key;
  std::optional<std::string> text;
  if (value.IsMap()) {
    if (value.size() != 1 || !value.begin()->first.IsScalar()) {
      fields_.error(value, "an entry is not one key and its value",
                    "Write 'KEY', '{KEY: VALUE}' or '{KEY: \"PREFIX*\"}'");
      return;
    }
    key = value.begin()->first.Scalar();
    text = fields_.text(value.begin()->second);
    if (!text) return;
  } else if (const std::optional<std::string> name = fields_.text(value)) {
    key = *name;
  } else {
    return;
  }
  if (const auto entry = fields_.take(value, parse_descriptor_entry(key, text)))
    rule_.entries.push_back(*entry);
}

// Names entries. Once they are read, wherever they stand.
void DescriptorReader::read_key(const Node& value) {
  rule_.counted_apart.clear();
  fields_.each(value, kMaxDescriptorEntries, [&](const Node& name) {
    const std::optional<std::string> text = fields_.text(name);
    if (!text) return;
    bool found = false;
    for (std::size_t i = 0; i < rule_.entries.size(); ++i) {
      if (rule_.entries[i].key != *text) continue;
      found = true;
      rule_.counted_apart.push_back(i);
    }
    if (!found) {
      fields_.error(name, "the descriptor has no entry '" + excerpt(*text) + "'",
                    "Name entries of this rule; without 'key' the values of all are counted apart");
    }
  });
  std::vector<std::size_t>& apart = rule_.counted_apart;
  std::sort(apart.begin(), apart.end());
  apart.erase(std::unique(apart.begin(), apart.end()), apart.end());
}

// Either a limit, or the answer itself.
void DescriptorReader::check_answer(const Node& node) {
  if (rule_.always && limit_.has_limit()) {
    fields_.error(node, "the rule has a limit and says 'always'", "Remove one of them");
  } else if (!rule_.always && !limit_.has_limit()) {
    fields_.error(node, "the rule has no limit",
                  "Add limit: COUNT/WINDOW, or always: admit, or always: refuse");
  } else if (!rule_.always) {
    limit_.finish(node);
    const Algorithm algorithm = rule_.rule.algorithm;
    if (algorithm == Algorithm::distinct || algorithm == Algorithm::concurrency) {
      fields_.error(node, "descriptors cannot be counted by " + std::string(to_string(algorithm)),
                    "Use exact, gcra or fixed_window: who asks about a descriptor never says that "
                    "it is over");
    }
  }
}

void DescriptorReader::read(const Node& node) {
  rule_.rule.line = node.Mark().line + 1;
  Node id;
  Node entries;
  Node key;
  const auto text = [this](std::string& target, std::string_view what) {
    return [this, &target, what](const Node& value) {
      fields_.text_into(
          value, target, what,
          [](const std::string& written) {
            return !written.empty() && written.size() <= kMaxDescriptorText;
          },
          "Write it as the proxy's configuration has it, 1 to 256 bytes");
    };
  };
  std::vector<Field> list = limit_.list();
  for (Field& field : std::vector<Field>{
           {"id",
            [&](const Node& value) {
              id.reset(value);
              fields_.text_into(value, rule_.rule.id, "a rule's id", is_name, kNameCure);
            }},
           {"domain", text(rule_.domain, "a domain")},
           {"entries", [&](const Node& value) { entries.reset(value); }},
           {"key", [&](const Node& value) { key.reset(value); }},
           {"always",
            [&](const Node& value) {
              const auto choice = fields_.one_of(value, {"admit", "refuse"});
              if (choice) rule_.always = static_cast<Always>(*choice);
            }},
           {"replaces", [&](const Node& value) {
              fields_.each(value, kMaxReplaced, [&](const Node& name) {
                if (const auto replaced = fields_.text(name)) rule_.replaces.push_back(*replaced);
              });
            }}})
    list.push_back(std::move(field));
  const std::size_t errors = fields_.errors().size();
  if (!fields_.read(node, "a rule about descriptors", list)) return;
  if (id.IsNull()) fields_.error(node, "the rule has no id", "Add id: NAME");
  if (rule_.domain.empty() && fields_.errors().size() == errors) {
    fields_.error(node, "the rule does not say of which domain its descriptors are",
                  "Add domain: NAME, as the proxy's configuration has it");
  }
  if (!entries.IsSequence() || entries.size() == 0 || entries.size() > kMaxDescriptorEntries) {
    fields_.error(entries.IsNull() ? node : entries,
                  "the rule does not list from 1 to 16 entries of a descriptor",
                  "Write entries: [KEY, {KEY: VALUE}]");
  } else {
    for (const Node& entry : entries) read_entry(entry);
    for (std::size_t i = 0; i < rule_.entries.size(); ++i) rule_.counted_apart.push_back(i);
    if (!key.IsNull()) read_key(key);
  }
  check_answer(node);
  if (fields_.errors().size() == errors) {
    for (const DescriptorRule& other : policy_.descriptors) {
      if (!fields_.check(node, check_together(rule_, other))) break;
    }
  }
  policy_.descriptors.push_back(std::move(rule_));
}

}  // namespace

void read_descriptors(const Node& node, FieldReader& fields, Policy& policy) {
  if (!node.IsSequence()) {
    fields.error(node, "descriptors is not a list", "Begin each rule with '- id: NAME'");
  } else if (node.size() > kMaxDescriptorRules) {
    fields.error(node, "there are more than 2048 rules about descriptors", "Use fewer rules");
  } else {
    for (const Node& rule : node) DescriptorReader(fields, policy).read(rule);
  }
}

void check_descriptor_ids(const Policy& policy, std::vector<Problem>& errors) {
  const auto problem = [&](const Rule& rule, std::string message, std::string cure) {
    if (errors.size() < kMaxProblems)
      errors.push_back({rule.line, 1, std::move(message), std::move(cure)});
  };
  std::unordered_set<std::string_view> ids;
  for (const Rule& rule : policy.rules) ids.insert(rule.id);
  for (const DescriptorRule& rule : policy.descriptors) {
    if (!rule.rule.id.empty() && !ids.insert(rule.rule.id).second) {
      problem(rule.rule, "the id '" + excerpt(rule.rule.id) + "' is already that of another rule",
              "Give each rule an id of its own");
    }
  }
  for (const DescriptorRule& rule : policy.descriptors) {
    for (const std::string& name : rule.replaces) {
      const bool is_there = std::any_of(
          policy.descriptors.begin(), policy.descriptors.end(), [&](const DescriptorRule& other) {
            return other.rule.id == name && other.domain == rule.domain;
          });
      if (is_there && name != rule.rule.id) continue;
      problem(rule.rule,
              "'" + excerpt(name) + "' is no other rule about descriptors of this domain",
              "Name rules under 'descriptors' by their id");
    }
  }
}

}  // namespace weir::policy
