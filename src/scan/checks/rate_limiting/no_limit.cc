#include <fmt/format.h>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/fill.h"

namespace weir::scan::rate_limiting {
namespace {

CheckOutcome run(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  if (facts.learned) {
    return CheckOutcome::protected_(
        fmt::format("refused after {} requests ({})", facts.n, bench.refusal().describe_refusal()));
  }
  if (facts.held_back) {
    return CheckOutcome::protected_(fmt::format(
        "no request was refused in a row of {}, but each was held back until its turn came: {:.1f} "
        "a second",
        facts.in_a_row, facts.in_a_row / (facts.fill_end_s - facts.fill_start_s)));
  }
  if (!facts.unlimited) {
    return CheckOutcome::inconclusive(bench.stopped() ? bench.prober().stop_reason()
                                                      : "the plain request was never served");
  }
  if (facts.stated_limit && *facts.stated_limit > facts.n) {
    return CheckOutcome::inconclusive(
        fmt::format("the answers state a limit of {}, more than the {} requests that were sent",
                    *facts.stated_limit, facts.n));
  }
  Evidence evidence;
  const double took = facts.fill_end_s - facts.fill_start_s;
  evidence.claim =
      fmt::format("{} requests one after the other in {:.1f} s were all answered with {}",
                  facts.in_a_row, took, bench.refusal().admitted_status());
  evidence.claim +=
      facts.refused_together == 0
          ? fmt::format(", and so were {} at once", kUnlimitedTogether)
          : fmt::format("; of {} at once {} were not: only the number in flight is limited",
                        kUnlimitedTogether, facts.refused_together);
  evidence.admitted = facts.n;
  evidence.rounds = 2;
  evidence.curl = fmt::format("for i in $(seq {}); do {} -o /dev/null -w '%{{http_code}}\\n'; done",
                              facts.in_a_row, bench.curl(bench.base_request()));
  const auto& exchanges = bench.exchanges();
  for (std::size_t i = 0; i < exchanges.size();
       i += std::max<std::size_t>(1, exchanges.size() / 20)) {
    evidence.exchanges.push_back(exchanges[i]);
  }
  return CheckOutcome::vulnerable(
      facts.refused_together == 0 ? Confidence::confirmed : Confidence::firm, std::move(evidence));
}

const CheckInfo kInfo = {
    "no-limit",
    "There is no limit on this operation",
    Severity::high,
    "rate-limiting",
    {"API4:2023"},
    {770, 799, 400},
    {},
    "One caller can take all of the capacity, and the bill of everything behind the operation "
    "grows "
    "with what callers send. Guessing, scraping and enumeration are only a matter of time.",
    "Limit each operation by the principal, and unauthenticated ones by the client's network.",
    "Put Weir's middleware into MIDDLEWARE, or @rate_limit(\"100/m\", key=\"client_ip\") on the "
    "view.",
    "rules:\n  - id: default\n    key: [client_ip]\n    limit: 100/m\n",
    "120 requests one after the other and 40 at once were answered, none with a refusal. "
    "Inconclusive where the answers state a larger limit."};

}  // namespace

const Check kNoLimit = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
