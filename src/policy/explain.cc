#include "policy/explain.h"

#include <string_view>
#include <vector>

#include "policy/nearest.h"
#include "policy/worst_case.h"

namespace weir::policy {
namespace {

// "a", "a and b", "a, b and c".
template <class List>
std::string listed(const List& list, std::string_view last = " and ") {
  std::string words;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) words += i + 1 == list.size() ? last : ", ";
    words += list[i];
  }
  return words;
}

std::string counted_by(const Rule& rule) {
  if (rule.key.empty()) return "over everybody";
  std::vector<std::string> parts;
  for (const KeyPart part : rule.key) {
    std::string words(to_string(part));
    if (part == KeyPart::client_ip) {
      if (rule.ipv4_prefix) words += " (IPv4 /" + std::to_string(*rule.ipv4_prefix) + ")";
      if (rule.ipv6_prefix) words += " (IPv6 /" + std::to_string(*rule.ipv6_prefix) + ")";
    }
    parts.push_back(std::move(words));
  }
  return "for each " + listed(parts);
}

std::string matched(const Match& match) {
  if (match.methods.empty() && match.routes.empty()) return "every request";
  const std::string methods =
      match.methods.empty() ? "every method" : listed(match.methods, " or ");
  return match.routes.empty() ? methods : methods + " on " + listed(match.routes, " or ");
}

std::string on_failure(const Rule& rule) {
  switch (rule.on_store_failure) {
    case OnStoreFailure::local:
      return std::to_string(local_count(rule)) + " in each process";
    case OnStoreFailure::leased:
      return "what is paid for already, then 503";
    case OnStoreFailure::deny:
      return "503";
    case OnStoreFailure::allow:
      return "no limit";
  }
  return {};
}

std::string how_much(const Rule& rule) {
  const std::string n = std::to_string(rule.limit.count);
  const std::string window = format_duration(rule.limit.window);
  switch (rule.algorithm) {
    case Algorithm::exact:
      return "at most " + n + " in any " + window;
    case Algorithm::gcra:
      return (rule.strict ? "at most " + n + " in any " + window : format_quota(rule)) + ", " +
             std::to_string(burst_of(rule)) + " at once";
    case Algorithm::fixed_window:
      if (!rule.calendar) return n + " in each " + window + " of the clock";
      return format_quota(rule) + " of the calendar (" +
             (rule.time_zone.empty() ? "UTC" : rule.time_zone) + ")";
    case Algorithm::distinct:
      return "at most " + n + " different values of " + std::string(to_string(*rule.distinct)) +
             " in any " + window;
    case Algorithm::concurrency:
      return "at most " + n + " in flight, each held for " + window + " at most";
  }
  return {};
}

std::string overridden_for(const Rule& rule) {
  std::string words;
  for (const Override& by : rule.overrides) {
    const auto* network = std::get_if<Network>(&by.who);
    const auto* user = std::get_if<UserName>(&by.who);
    words += (words.empty() ? "" : "; ") + format_quota(overridden(rule, by)) + " for " +
             (network != nullptr ? network->to_string()
              : user != nullptr  ? "user " + excerpt(user->name)
                                 : "an API key");
  }
  return words;
}

std::string counted_by(const DescriptorRule& rule) {
  std::vector<std::string> names;
  for (const std::size_t place : rule.counted_apart) {
    const DescriptorEntry& entry = rule.entries[place];
    if (entry.kind != DescriptorEntry::Value::exact) names.push_back(excerpt(entry.key));
  }
  return names.empty() ? "over all of them" : "for each " + listed(names);
}

std::string matched(const DescriptorRule& rule) {
  std::vector<std::string> entries;
  for (const DescriptorEntry& entry : rule.entries) entries.push_back(entry.to_string());
  return "descriptors of '" + excerpt(rule.domain) + "' with " + listed(entries, ", ");
}

std::string replaced_by(const DescriptorRule& rule) {
  std::vector<std::string> names;
  for (const std::string& name : rule.replaces) names.push_back(excerpt(name));
  return listed(names);
}

// The lines of an explanation, each with a name in front.
class Lines {
 public:
  explicit Lines(const std::string& id) : text_(id + "\n") {}
  void add(std::string name, const std::string& words) {
    name.resize(10, ' ');
    text_ += "  " + name + words + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

constexpr std::string_view kShadow = "decides and counts, and refuses nobody";

}  // namespace

std::string explain(const Rule& rule) {
  return rule.id + ": " + (rule.shadow ? "(shadow) " : "") + how_much(rule) + ", " +
         counted_by(rule) + "; " +
         (rule.cost ? "each request costs " + std::to_string(*rule.cost) + "; " : "") +
         matched(rule.match) + "; if the store fails, " + on_failure(rule);
}

std::string explain_at_length(const Policy& policy, const Rule& rule) {
  Lines lines(rule.id);
  lines.add("limit", how_much(rule));
  lines.add("counted", counted_by(rule));
  if (rule.cost) lines.add("cost", std::to_string(*rule.cost) + " for each request");
  if (!rule.overrides.empty()) lines.add("override", overridden_for(rule));
  if (rule.penalty)
    lines.add("penalty", "after more than " + format_rate(rule.penalty->refusals) + " refusals, " +
                             format_duration(rule.penalty->wait) +
                             " of waiting, by client network");
  if (rule.shadow) lines.add("shadow", std::string(kShadow));
  lines.add("about", matched(rule.match));
  if (policy.leases(rule))
    lines.add(
        "leased",
        "a busy node charges ahead, at most 1/8 of the room at once, for one slot of the window; "
        "others may be refused meanwhile");
  lines.add("at worst", worst_case(policy, rule));
  lines.add("outage", worst_case_in_outage(policy, rule));
  return lines.text();
}

std::string explain(const DescriptorRule& rule) {
  const bool admits = rule.always == Always::admit;
  const std::string much = !rule.always ? how_much(rule.rule) + ", " + counted_by(rule)
                           : admits     ? "not limited"
                                        : "always refused";
  return rule.rule.id + ": " + (rule.rule.shadow ? "(shadow) " : "") + much + "; " + matched(rule) +
         (rule.replaces.empty() ? "" : "; instead of " + replaced_by(rule)) +
         (rule.always ? "" : "; if the store fails, " + on_failure(rule.rule));
}

std::string explain_at_length(const Policy& policy, const DescriptorRule& rule) {
  Lines lines(rule.rule.id);
  if (rule.always) {
    lines.add("limit", *rule.always == Always::admit ? "none" : "everything is refused");
  } else {
    lines.add("limit", how_much(rule.rule));
    lines.add("counted", counted_by(rule));
  }
  if (rule.rule.shadow) lines.add("shadow", std::string(kShadow));
  lines.add("about", matched(rule));
  if (!rule.replaces.empty()) lines.add("replaces", replaced_by(rule));
  if (rule.always) return lines.text();
  lines.add("at worst", worst_case(policy, rule.rule));
  lines.add("outage", worst_case_in_outage(policy, rule.rule));
  return lines.text();
}

}  // namespace weir::policy
