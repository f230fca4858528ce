#include "policy/warnings.h"

#include <algorithm>
#include <string>

namespace weir::policy {
namespace {

bool counts_by(const Rule& rule, KeyPart part) {
  return std::find(rule.key.begin(), rule.key.end(), part) != rule.key.end();
}

bool route_covers(const std::string& wide, const std::string& narrow) {
  if (!wide.ends_with('*')) return wide == narrow;
  return narrow.starts_with(std::string_view(wide).substr(0, wide.size() - 1));
}

// Whether every request that `narrow` is about is also one that `wide` is about.
bool covers(const Match& wide, const Match& narrow) {
  const auto all_in = [](const auto& narrow_list, const auto& wide_list, auto entry_covers) {
    if (wide_list.empty()) return true;
    return !narrow_list.empty() &&
           std::all_of(narrow_list.begin(), narrow_list.end(), [&](const std::string& narrow_one) {
             return std::any_of(wide_list.begin(), wide_list.end(), [&](const std::string& one) {
               return entry_covers(one, narrow_one);
             });
           });
  };
  return all_in(narrow.methods, wide.methods,
                [](const std::string& a, const std::string& b) { return a == b; }) &&
         all_in(narrow.routes, wide.routes, route_covers);
}

// Counts by nothing that a caller can choose anew with each request.
bool holds_anybody(const Rule& rule) {
  return !counts_by(rule, KeyPart::api_key) && !counts_by(rule, KeyPart::user);
}

bool trusts_everybody(const Network& network) {
  const std::string text = network.to_string();
  return text.ends_with("/0");
}

}  // namespace

std::vector<Problem> warnings_about(const Policy& policy) {
  std::vector<Problem> warnings;
  const auto warn = [&](int line, std::string message, std::string cure) {
    warnings.push_back({std::max(line, 1), 1, std::move(message), std::move(cure)});
  };
  const bool in_memory = std::holds_alternative<MemoryStore>(policy.store);
  if (policy.rules.empty())
    warn(1, "there are no rules: nothing is limited but what code limits", "Add rules");
  if (in_memory) {
    warn(1,
         "counters are in each process's memory: with several worker processes every limit is "
         "as many times larger",
         "Use kind: shared on one machine, or kind: dynamodb on several, if more than one process "
         "serves requests");
  }
  if (std::any_of(policy.identity.trusted_proxies.begin(), policy.identity.trusted_proxies.end(),
                  trusts_everybody)) {
    warn(1, "trusted_proxies holds every address: any client can name any address as its own",
         "List the networks of your proxies");
  }
  for (const Rule& rule : policy.rules) {
    if (counts_by(rule, KeyPart::api_key) && policy.identity.api_key.verify == Verify::none) {
      const bool held =
          std::any_of(policy.rules.begin(), policy.rules.end(), [&](const Rule& other) {
            return holds_anybody(other) && covers(other.match, rule.match);
          });
      warn(rule.line,
           "rule '" + rule.id +
               "' counts by API key, which nobody verifies: a new key with each request is a new "
               "counter with each request" +
               (held ? "" : ", and no rule by client_ip or over everybody stands behind it"),
           held
               ? "Set identity.api_key.verify to required, or know that only the wider rules hold"
               : "Set identity.api_key.verify to required, or add a rule that counts by client_ip");
    }
    if (!in_memory && rule.on_store_failure == OnStoreFailure::allow) {
      warn(rule.line, "rule '" + rule.id + "' limits nothing while the store fails",
           "Use 'local' or 'deny' if an attacker may be able to make it fail");
    }
  }
  return warnings;
}

}  // namespace weir::policy
