#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::size_t kShown = 6;

CheckOutcome run(Bench& bench) {
  if (!bench.facts().learned) return CheckOutcome::not_applicable("no refusal was seen");
  const int status = bench.refusal().refused_status();
  if (status == 429) return CheckOutcome::protected_("refusals are answered with 429");
  // A limit's refusal goes away with time; an outage or a block might not.
  const auto& bases = bench.bases();
  const auto first_refused =
      std::find_if(bases.begin(), bases.end(), [](const Reply& r) { return r.refused(); });
  const bool went_away =
      std::any_of(first_refused, bases.end(), [](const Reply& r) { return r.admitted(); });
  if (!went_away) {
    return CheckOutcome::inconclusive(
        fmt::format("answers changed to {} and stayed so: a limit, a block or an outage", status));
  }
  Evidence evidence;
  evidence.claim = fmt::format(
      "{} requests were refused with {} instead of 429, {} of them in a row after {} had passed, "
      "and "
      "later requests passed again",
      bench.refused_bases().size(), bench.refusal().describe_refusal(), 3, bench.facts().n);
  evidence.rounds = static_cast<int>(bench.refused_bases().size());
  for (std::size_t i = 0; i < std::min(kShown, bench.refused_bases().size()); ++i) {
    evidence.exchanges.push_back(bench.exchanges()[bench.refused_bases()[i].exchange]);
  }
  evidence.curl = bench.curl(bench.base_request());
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "limit-as-error",
    "The limit refuses with something other than 429",
    Severity::medium,
    "rate-limiting",
    {"API4:2023", "API8:2023"},
    {684, 755},
    {},
    "Clients cannot tell a limit from a fault: they retry at once, raise alarms, or take it for an "
    "outage. A 500 means that the limiter's own refusal is an error that nobody caught, and fills "
    "the error log with every request over the limit.",
    "Answer 429 Too Many Requests (RFC 6585 §4) with Retry-After and a problem document.",
    "Catch ConditionalCheckFailedException around the conditional update and return 429; let other "
    "errors of DynamoDB fail as what they are.",
    "rules:\n  - id: per-key\n    key: [api_key]\n    limit: 100/m   # refused with 429, "
    "Retry-After "
    "and application/problem+json\n",
    "The refusal that was learned is not 429, and it goes away with time."};

}  // namespace

const Check kLimitAsError = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
