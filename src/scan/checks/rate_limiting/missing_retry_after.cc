#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::size_t kEnough = 3;

CheckOutcome run(Bench& bench) {
  if (!bench.facts().learned) return CheckOutcome::not_applicable("no refusal was seen");
  if (bench.refusal().refused_status() != 429) {
    return CheckOutcome::not_applicable("refusals are not 429: see limit-as-error");
  }
  Evidence evidence;
  std::size_t silent = 0;
  for (const Reply& reply : bench.refused_bases()) {
    if (reply.hints.states_a_wait) continue;
    if (++silent <= 2 * kEnough) evidence.exchanges.push_back(bench.exchanges()[reply.exchange]);
  }
  const std::size_t all = bench.refused_bases().size();
  if (all < kEnough) return CheckOutcome::inconclusive("too few refusals were seen");
  if (silent < all) {
    return CheckOutcome::protected_(
        fmt::format("{} of {} refusals say when to come back", all - silent, all));
  }
  evidence.claim = fmt::format("none of {} refusals says when to come back", all);
  evidence.rounds = static_cast<int>(all);
  evidence.curl = bench.curl(bench.base_request());
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "missing-retry-after",
    "A refusal does not say when to come back",
    Severity::low,
    "rate-limiting",
    {"API4:2023"},
    {684},
    {},
    "Without a stated wait, clients guess: they retry at once and in step, which is load on top of "
    "the load that the limit was meant for.",
    "Send Retry-After with every 429 (RFC 9110 §10.2.3), rounded up to whole seconds.",
    "response.headers[\"Retry-After\"] = str(math.ceil(window_end - time.time())).",
    "rules:\n  - id: per-client\n    key: [client_ip]\n    limit: 100/m   # Weir sends Retry-After "
    "and RateLimit\n",
    "No refusal with 429 carried Retry-After or a RateLimit header."};

}  // namespace

const Check kMissingRetryAfter = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
