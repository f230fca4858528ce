#include "policy/ways_around.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "policy/coverage.h"
#include "policy/warnings.h"

namespace weir::policy {
namespace {

// Parts of the routes by which people sign in, or prove that they are somebody.
constexpr std::array<std::string_view, 9> kSignIn = {
    "login", "logon", "signin", "sign-in", "auth", "token", "password", "otp", "session"};

bool signs_in(const Match& match) {
  return std::any_of(match.routes.begin(), match.routes.end(), [](const std::string& route) {
    return std::any_of(kSignIn.begin(), kSignIn.end(), [&](std::string_view word) {
      return route.find(word) != std::string::npos;
    });
  });
}

// A rule behind `rule` that is not multiplied by more values of `part`: it counts by something
// else, or counts the values themselves.
bool is_held(const Policy& policy, const Rule& rule, KeyPart part) {
  return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const Rule& other) {
    const bool bounds_values = !other.shadow && other.distinct == part &&
                               !counts_by(other, KeyPart::api_key) &&
                               !counts_by(other, KeyPart::user);
    return (holds_anybody(other) || bounds_values) && covers(other.match, rule.match);
  });
}

}  // namespace

std::vector<Problem> ways_around(const Policy& policy) {
  std::vector<Problem> ways = warnings_about(policy);
  const auto tell = [&](const Rule& rule, const std::string& message, std::string cure) {
    ways.push_back(
        {std::max(rule.line, 1), 1, "rule '" + rule.id + "' " + message, std::move(cure)});
  };
  for (const Rule& rule : policy.rules) {
    if (rule.shadow) {
      tell(rule, "is a shadow: it refuses nobody", "Remove shadow once its records look right");
      continue;
    }
    for (const KeyPart part : {KeyPart::api_key, KeyPart::user}) {
      if (rule.algorithm == Algorithm::distinct || !counts_by(rule, part) ||
          is_held(policy, rule, part))
        continue;
      // Told already: the caller chooses such keys.
      if (part == KeyPart::api_key && policy.identity.api_key.verify == Verify::none) continue;
      const std::string many = part == KeyPart::user ? "accounts" : "API keys";
      tell(rule,
           "is multiplied by whoever has many " + many +
               ": no rule by client_ip or over everybody stands behind it",
           "Add a rule by client_ip, or one with algorithm: distinct that counts " +
               std::string(to_string(part)));
    }
    if (signs_in(rule.match) && rule.algorithm == Algorithm::fixed_window)
      tell(rule, "lets twice its limit of tries pass across the edge of its window",
           "Use algorithm: exact where somebody may be guessing");
    if (signs_in(rule.match) && rule.algorithm == Algorithm::gcra && !rule.strict)
      tell(rule, "lets a full burst of tries pass on top of its limit",
           "Use strict: true or algorithm: exact where somebody may be guessing");
    const int ipv6_prefix = rule.ipv6_prefix.value_or(policy.identity.ipv6_prefix);
    if (counts_by(rule, KeyPart::client_ip) && ipv6_prefix > 64)
      tell(rule,
           "counts IPv6 by /" + std::to_string(ipv6_prefix) +
               ", and every customer has a /64 or more: as many limits as they like",
           "Use an ipv6_prefix of 64 or less");
  }
  return ways;
}

}  // namespace weir::policy
