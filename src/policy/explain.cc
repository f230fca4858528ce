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

}  // namespace

std::string explain(const Rule& rule) {
  return rule.id + ": at most " + std::to_string(rule.limit.count) + " in any " +
         format_duration(rule.limit.window) + ", " + counted_by(rule) + "; " + matched(rule.match) +
         "; if the store fails, " + on_failure(rule);
}

}  // namespace weir::policy
