#include "policy/warnings.h"

#include <algorithm>
#include <string>

#include "policy/coverage.h"

namespace weir::policy {
namespace {

bool trusts_everybody(const Network& network) {
  const std::string text = network.to_string();
  return text.ends_with("/0");
}

// DynamoDB writes to one item about this often in a second, and throttles beyond.
constexpr double kItemWritesPerSecond = 1'000;

// Whether one key may be let through more often than its item can be written to.
bool outgrows_an_item(const Policy& policy, const Rule& rule) {
  if (!std::holds_alternative<DynamoDbStore>(policy.store) || policy.leases(rule)) return false;
  if (rule.algorithm == Algorithm::concurrency || rule.algorithm == Algorithm::distinct) {
    return false;
  }
  const double seconds = std::chrono::duration<double>(rule.limit.window).count();
  return static_cast<double>(rule.limit.count) > kItemWritesPerSecond * std::max(seconds, 1.0);
}

}  // namespace

std::vector<Problem> warnings_about(const Policy& policy) {
  std::vector<Problem> warnings;
  const auto warn = [&](int line, std::string message, std::string cure) {
    warnings.push_back({std::max(line, 1), 1, std::move(message), std::move(cure)});
  };
  const bool in_memory = std::holds_alternative<MemoryStore>(policy.store);
  const auto warn_of_store = [&](const Rule& rule) {
    if (in_memory) return;
    if (rule.on_store_failure == OnStoreFailure::leased && !policy.leases(rule)) {
      warn(rule.line,
           "rule '" + rule.id + "' is never leased, so that 'leased' is the same as 'deny' here",
           "Only the exact window is leased, and only with kind: dynamodb and leases: true");
    }
    if (outgrows_an_item(policy, rule)) {
      warn(rule.line,
           "rule '" + rule.id +
               "' may let more through on one key than DynamoDB writes to one item, about 1,000 a "
               "second: the rest is throttled",
           rule.algorithm == Algorithm::exact
               ? "Set leases: true in the store, so that a busy node writes once for many"
               : "Use the exact window with leases: true in the store, or count by a finer key");
    }
    if (rule.on_store_failure == OnStoreFailure::allow) {
      warn(rule.line, "rule '" + rule.id + "' limits nothing while the store fails",
           "Use 'local' or 'deny' if an attacker may be able to make it fail");
    }
  };
  if (policy.rules.empty() && policy.descriptors.empty())
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
    warn_of_store(rule);
  }
  for (const DescriptorRule& rule : policy.descriptors) warn_of_store(rule.rule);
  return warnings;
}

}  // namespace weir::policy
