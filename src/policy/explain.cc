#include "policy/explain.h"

#include <string_view>
#include <vector>

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

}  // namespace

std::string explain(const Rule& rule) {
  return rule.id + ": " + how_much(rule) + ", " + counted_by(rule) + "; " +
         (rule.cost ? "each request costs " + std::to_string(*rule.cost) + "; " : "") +
         matched(rule.match) + "; if the store fails, " + on_failure(rule);
}

}  // namespace weir::policy
