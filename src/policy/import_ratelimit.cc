#include "policy/import_ratelimit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "policy/nearest.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using YAML::Node;

struct NamedUnit {
  std::string_view name;
  Duration window;
};

// Their months have 30 days and their years 365.
constexpr NamedUnit kUnits[] = {{"second", seconds(1)},   {"minute", minutes(1)},
                                {"hour", hours(1)},       {"day", hours(24)},
                                {"week", hours(24 * 7)},  {"month", hours(24 * 30)},
                                {"year", hours(24 * 365)}};

// Where one branch hides another, what is hidden is written out: the product of all levels.
constexpr std::size_t kMaxMade = 16 * kMaxDescriptorRules;

// A name of what was written: '-' for each run of anything else.
std::string as_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const char small = base::to_lower(c);
    if (small != '-' && is_name({&small, 1})) {
      name += small;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

}  // namespace

void RatelimitReader::note(const Node& at, std::string message, std::string cure) {
  import_.notes.push_back({file_, problem_at(at.Mark(), std::move(message), std::move(cure))});
}

void RatelimitReader::note(const Branch& at, std::string message, std::string cure) {
  import_.notes.push_back({at.file, {at.line, 1, std::move(message), std::move(cure)}});
}

void RatelimitReader::read(const std::string& file, const Node& root) {
  file_ = file;
  std::string domain;
  Node list;
  fields_.read(root, "a configuration",
               {{"domain",
                 [&](const Node& value) {
                   fields_.text_into(
                       value, domain, "a domain",
                       [](const std::string& text) { return !text.empty(); }, "Name it");
                 }},
                {"descriptors", [&](const Node& value) { list.reset(value); }}});
  if (domain.empty() && fields_.errors().empty())
    fields_.error(root, "the configuration does not say its domain", "Add domain: NAME");
  auto found = std::find_if(domains_.begin(), domains_.end(),
                            [&](const auto& one) { return one.first == domain; });
  if (found == domains_.end()) found = domains_.emplace(domains_.end(), domain, Branch{});
  if (!list.IsNull()) read_descriptors(list, found->second);
  for (Problem& error : fields_.errors()) import_.errors.push_back({file, std::move(error)});
  fields_.errors().clear();
}

void RatelimitReader::read_descriptors(const Node& list, Branch& parent) {
  if (!list.IsSequence()) {
    fields_.error(list, "descriptors is not a list", "Begin each with '- key: NAME'");
    return;
  }
  for (const Node& node : list) read_descriptor(node, parent);
}

void RatelimitReader::read_descriptor(const Node& node, Branch& parent) {
  std::string key;
  std::string value;  // empty: any
  Node limit;
  Node nested;
  bool shadow = false;
  Node shared;
  Node quota;
  Node detailed;
  const auto flag = [&](Node& place) {
    return [this, &place](const Node& at) {
      if (const auto truth = fields_.truth(at); truth && *truth) place.reset(at);
    };
  };
  const std::size_t errors = fields_.errors().size();
  fields_.read(
      node, "a descriptor",
      {{"key", [&](const Node& at) { key = fields_.text(at).value_or(""); }},
       {"value", [&](const Node& at) { value = fields_.text(at).value_or(""); }},
       {"rate_limit", [&](const Node& at) { limit.reset(at); }},
       {"descriptors", [&](const Node& at) { nested.reset(at); }},
       {"shadow_mode", [&](const Node& at) { shadow = fields_.truth(at).value_or(false); }},
       {"quota_mode", flag(quota)},
       {"share_threshold", flag(shared)},
       {"detailed_metric", flag(detailed)},
       {"value_to_metric", flag(detailed)}});
  if (fields_.errors().size() != errors) return;
  if (const std::size_t star = value.find('*');
      star != std::string::npos && star + 1 != value.size()) {
    note(node,
         "a value with a '*' before its end cannot be kept: this descriptor and what is below it "
         "is left out",
         "Limit by the beginning of the value, '" + excerpt(value.substr(0, star)) + "*'");
    import_.left_out = true;
    return;
  }
  const auto entry = fields_.take(
      node, parse_descriptor_entry(
                key, value.empty() ? std::nullopt : std::optional<std::string_view>(value)));
  if (!entry) return;
  auto branch = std::make_unique<Branch>(
      Branch{.entry = *entry, .file = file_, .line = node.Mark().line + 1});
  for (const auto& other : parent.branches) {
    if (other->entry == *entry) {
      fields_.error(node,
                    "the same key and value stand in line " + std::to_string(other->line) + " of " +
                        other->file,
                    "Keep one of them");
      return;
    }
    if (other->entry.kind == DescriptorEntry::Value::prefix && is_wider(other->entry, *entry) &&
        entry->kind == DescriptorEntry::Value::prefix) {
      note(node, "there, the wildcard of line " + std::to_string(other->line) +
                     " goes first and this is never reached; here, the longer one goes first");
    }
  }
  if (!limit.IsNull()) {
    branch->limit.emplace();
    read_limit(limit, *branch->limit);
    branch->limit->shadow = shadow || !quota.IsNull();
    if (branch->limit->shadow && branch->limit->count == 0 &&
        branch->limit->window != Duration::zero()) {
      note(node, "a limit of nothing that never refuses is always: admit, and counts nothing");
      branch->limit->window = {};
    }
  }
  if (!shared.IsNull()) {
    branch->shared = entry->kind != DescriptorEntry::Value::exact && !value.empty();
    if (!branch->shared)
      note(shared, "share_threshold says nothing without a wildcard, here as there");
  }
  if (!quota.IsNull())
    note(quota,
         "quota_mode becomes shadow: true; that a quota is exceeded is counted and not sent "
         "as metadata");
  if (!detailed.IsNull())
    note(detailed, "a metric for each value is not kept: metrics are counted by rule");
  if (!nested.IsNull()) read_descriptors(nested, *branch);
  parent.branches.push_back(std::move(branch));
}

void RatelimitReader::read_limit(const Node& node, Limit& limit) {
  bool unlimited = false;
  std::string unit;
  Node count;
  fields_.read(
      node, "a rate_limit",
      {{"unit", [&](const Node& at) { unit = base::lower_case(fields_.text(at).value_or("")); }},
       {"requests_per_unit", [&](const Node& at) { count.reset(at); }},
       {"unlimited", [&](const Node& at) { unlimited = fields_.truth(at).value_or(false); }},
       {"name", [&](const Node& at) { limit.name = fields_.text(at).value_or(""); }},
       {"replaces", [&](const Node& at) { read_replaces(at, limit); }}});
  const auto found = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const NamedUnit& one) { return one.name == unit; });
  if (unlimited) {
    if (!unit.empty())
      fields_.error(node, "the rate_limit is unlimited and has a unit", "Remove one of them");
    return;
  }
  if (found == std::end(kUnits)) {
    fields_.error(node, "the rate_limit has no unit that is known",
                  "Write second, minute, hour, day, week, month or year");
    return;
  }
  limit.window = found->window;
  if (count.IsNull()) {
    note(node, "no requests_per_unit: this refuses everything, here as there");
  } else if (const auto number = fields_.whole_number(count)) {
    if (*number < 0 || *number > UINT32_MAX) {
      fields_.error(count, "requests_per_unit is not from 0 to 4294967295");
    } else {
      limit.count = *number;
    }
  }
}

void RatelimitReader::read_replaces(const Node& list, Limit& limit) {
  fields_.each(list, kMaxReplaced, [&](const Node& one) {
    fields_.read(one, "what is replaced", {{"name", [&](const Node& at) {
                                              const std::string name =
                                                  fields_.text(at).value_or("");
                                              limit.replaces.emplace_back(name, at.Mark().line + 1);
                                            }}});
  });
}

// Of one key, and fits every value that the other fits.
bool RatelimitReader::is_wider(const DescriptorEntry& entry, const DescriptorEntry& than) {
  using Value = DescriptorEntry::Value;
  if (entry.key != than.key || entry == than || entry.kind == Value::exact) return false;
  if (entry.kind == Value::any) return true;
  return than.kind != Value::any && than.value.starts_with(entry.value);
}

// `branch` is followed before `wider`, and then nothing of `wider` counts: where it limits and
// `branch` does not, `branch` admits.
void RatelimitReader::shade(Branch& branch, const Branch& wider) {
  if (wider.limit && !branch.limit) branch.limit.emplace();
  for (const auto& there : wider.branches) {
    Branch* here = nullptr;  // which branch is followed for a value of `there` that no other has
    for (const auto& one : branch.branches) {
      if ((one->entry == there->entry || is_wider(one->entry, there->entry)) &&
          (here == nullptr || is_wider(here->entry, one->entry)))
        here = one.get();
    }
    if (here == nullptr) {
      if (made_ == kMaxMade) return;
      ++made_;
      branch.branches.push_back(
          std::make_unique<Branch>(Branch{.entry = there->entry, .file = branch.file}));
      here = branch.branches.back().get();
    }
    shade(*here, *there);
  }
}

void RatelimitReader::complete(Branch& branch) {
  for (const auto& one : branch.branches) {
    for (const auto& other : branch.branches) {
      if (is_wider(other->entry, one->entry)) shade(*one, *other);
    }
  }
  for (const auto& one : branch.branches) complete(*one);
}

std::string RatelimitReader::new_id(const std::vector<const Branch*>& path) {
  std::string id = as_name(path.back()->limit->name);
  if (id.empty()) {
    for (const Branch* const branch : path)
      id += branch->entry.key + "-" + branch->entry.value + "-";
    id = as_name(id);
  }
  if (id.empty()) id = "descriptor";
  id.resize(std::min(id.size(), kMaxNameLength - 5));
  std::string unique = id;
  for (int number = 2; !ids_.insert(unique).second; ++number)
    unique = id + "-" + std::to_string(number);
  return unique;
}

void RatelimitReader::gather(const std::string& domain, const Branch& branch,
                             std::vector<const Branch*>& path) {
  for (const auto& one : branch.branches) {
    if (gathered_.size() > kMaxDescriptorRules) return;
    path.push_back(one.get());
    if (one->limit) {
      DescriptorRule made{
          .rule = {.id = new_id(path)}, .domain = domain, .entries = {}, .counted_apart = {}};
      for (const Branch* const step : path) {
        if (!step->shared) made.counted_apart.push_back(made.entries.size());
        made.entries.push_back(step->entry);
      }
      // A policy says by their keys which entries are counted apart.
      for (std::size_t i = 0; i < path.size(); ++i) {
        for (const Branch* const other : path) {
          if (path[i]->shared && !other->shared && other->entry.key == path[i]->entry.key)
            note(*path[i],
                 "its values are counted apart after all: another entry has the same key");
        }
      }
      if (one->limit->window == Duration::zero()) {
        made.always = Always::admit;
      } else if (one->limit->count == 0) {
        made.always = Always::refuse;
      } else {
        made.rule.limit = {one->limit->count, one->limit->window};
        made.rule.shadow = one->limit->shadow;
      }
      gathered_.push_back({std::move(made), one.get()});
    }
    gather(domain, *one, path);
    path.pop_back();
  }
}

// Names become the ids of the rules that have them.
void RatelimitReader::resolve_replaced() {
  for (Gathered& one : gathered_) {
    for (const auto& [name, line] : one.branch->limit->replaces) {
      const std::size_t before = one.rule.replaces.size();
      for (const Gathered& other : gathered_) {
        if (other.rule.domain == one.rule.domain && other.branch->limit->name == name &&
            &other != &one)
          one.rule.replaces.push_back(other.rule.rule.id);
      }
      if (one.rule.replaces.size() == before) {
        import_.notes.push_back({one.branch->file,
                                 {line, 1,
                                  "no other limit of the domain is named '" + excerpt(name) +
                                      "': nothing is replaced, here as there",
                                  ""}});
      }
    }
  }
}

std::vector<DescriptorRule> RatelimitReader::rules() {
  for (auto& [domain, root] : domains_) {
    complete(root);
    std::vector<const Branch*> path;
    gather(domain, root, path);
  }
  if (made_ == kMaxMade || gathered_.size() > kMaxDescriptorRules) {
    import_.errors.push_back(
        {file_,
         {1, 1, "this takes more than " + std::to_string(kMaxDescriptorRules) + " rules",
          "Limit fewer descriptors one by one"}});
    return {};
  }
  resolve_replaced();
  std::vector<DescriptorRule> list;
  for (Gathered& one : gathered_) list.push_back(std::move(one.rule));
  return list;
}

}  // namespace weir::policy
