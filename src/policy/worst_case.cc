#include "policy/worst_case.h"

namespace weir::policy {
namespace {

// The most that limit/gcra.h lets pass in a closed interval of real time of the rule's window.
std::int64_t gcra_worst_case(const Policy& policy, const Rule& rule) {
  if (rule.strict) return rule.limit.count;
  const Duration window = rule.limit.window;
  const std::int64_t interval = (window.count() + rule.limit.count - 1) / rule.limit.count;
  return burst_of(rule) + (window + 2 * policy.decision_error()).count() / interval;
}

std::string of_requests(std::int64_t amount, const Rule& rule) {
  std::string words = std::to_string(amount);
  if (rule.cost.value_or(1) > 1)
    words += " (" + std::to_string(amount / *rule.cost) + " requests at a cost of " +
             std::to_string(*rule.cost) + ")";
  return words;
}

}  // namespace

std::string worst_case(const Policy& policy, const Rule& rule) {
  const std::string n = of_requests(rule.limit.count, rule);
  const std::string window = format_duration(rule.limit.window);
  switch (rule.algorithm) {
    case Algorithm::exact:
      return n + " in any " + window;
    case Algorithm::gcra: {
      const std::int64_t worst = gcra_worst_case(policy, rule);
      return of_requests(worst, rule) + " in any " + window + ": " +
             std::to_string(burst_of(rule)) + " at once and " +
             std::to_string(worst - burst_of(rule)) + " that flow in";
    }
    case Algorithm::fixed_window:
      return of_requests(2 * rule.limit.count, rule) +
             " within a moment: all of one window at its end, all of the next at its start";
    case Algorithm::distinct:
      return n + " different values in any " + window +
             "; how often each comes is for other rules to say";
    case Algorithm::concurrency:
      return n + " in flight; a request that takes longer than " + window + " is no longer counted";
  }
  return {};
}

std::string worst_case_in_outage(const Policy& policy, const Rule& rule) {
  if (std::holds_alternative<MemoryStore>(policy.store))
    return "no outage, but each process counts by itself: with P processes, P times as much";
  switch (rule.on_store_failure) {
    case OnStoreFailure::local:
      return std::to_string(local_count(rule)) + " more in each process, then 503";
    case OnStoreFailure::leased:
      if (policy.leases(rule)) return "nothing more: what is paid for already, then 503";
      return "nothing more: 503";
    case OnStoreFailure::deny:
      return "nothing more: 503";
    case OnStoreFailure::allow:
      return "no limit: everything passes";
  }
  return {};
}

}  // namespace weir::policy
