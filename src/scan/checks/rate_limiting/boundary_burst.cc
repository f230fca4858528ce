#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/estimate.h"

namespace weir::scan::rate_limiting {
namespace {

// The burst must fit into this share of W, so that an error in W cannot make one.
constexpr double kShare = 0.5;

struct Burst {
  int admitted = 0;
  double began_s = 0;
  double ended_s = 0;
  const EdgeRound* round = nullptr;
};

// What one round shows: its requests on both sides of the edge. A volley in which too many passed
// is left out, as is all of it then: what a race lets through is not the edge's doing, and it may
// have been forgotten before its time.
Burst burst_of(const EdgeRound& round) {
  const bool kept = round.volley_counts && round.volley <= std::max(0, round.volley_allowed);
  const int volley = kept ? round.volley : 0;
  return {round.before + volley + round.after, round.before_s, round.after_s, &round};
}

Evidence evidence_of(Bench& bench, const Burst& burst, double window) {
  Evidence evidence;
  evidence.admitted = burst.admitted;
  evidence.allowed = bench.facts().n;
  evidence.claim =
      fmt::format("{} requests passed within {:.2f} s, where {} are allowed in {:.1f} s",
                  burst.admitted, burst.ended_s - burst.began_s, bench.facts().n, window);
  if (burst.round != nullptr) {
    for (const std::size_t index : burst.round->exchanges) {
      const Exchange& exchange = bench.exchanges()[index];
      if (exchange.sent_s >= burst.began_s - 0.001 && evidence.exchanges.size() < 80) {
        evidence.exchanges.push_back(exchange);
      }
    }
  }
  evidence.curl = fmt::format(
      "for i in $(seq {}); do {} -o /dev/null -w '%{{http_code}}\\n'; done   "
      "# just before and just after the window's edge",
      bench.facts().n, bench.curl(bench.base_request()));
  return evidence;
}

CheckOutcome per_process(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  Evidence evidence;
  evidence.admitted = facts.all_processes;
  evidence.allowed = facts.n;
  evidence.rounds = 1;
  evidence.claim = fmt::format(
      "after the first refusal, which came after {} requests, {} more passed at once: several "
      "processes count for themselves",
      facts.n, facts.all_processes - facts.n);
  for (const Exchange& exchange : bench.exchanges()) {
    if (exchange.changed.empty() && evidence.exchanges.size() < 60) {
      evidence.exchanges.push_back(exchange);
    }
  }
  evidence.curl = bench.curl(bench.base_request());
  const bool again = std::any_of(bench.rounds().begin(), bench.rounds().end(),
                                 [&](const EdgeRound& round) { return round.volley > facts.n; });
  evidence.rounds += again ? 1 : 0;
  return CheckOutcome::vulnerable(again ? Confidence::confirmed : Confidence::firm,
                                  std::move(evidence));
}

CheckOutcome run(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  if (!facts.learned) return CheckOutcome::not_applicable("no refusal was seen");
  if (facts.per_process) return per_process(bench);
  // A bucket or a fading counter: N at once, and what trickles in right afterwards on top.
  const double proven = facts.window_high_s > 0 ? std::min(facts.window_low_s, facts.window_high_s)
                                                : facts.window_low_s;
  const double window = facts.trickles && facts.token_s > 0 ? facts.token_s * facts.n : proven;
  const int most = facts.n + facts.uncertain;
  std::vector<Burst> bursts;
  for (const EdgeRound& round : bench.rounds()) {
    const Burst burst = burst_of(round);
    // Both sides are needed, and what came after must be more than what had run out by then.
    if (round.after == 0 || burst.admitted <= most) continue;
    if (burst.ended_s - burst.began_s > kShare * window) continue;
    bursts.push_back(burst);
  }
  if (!bursts.empty()) {
    std::sort(bursts.begin(), bursts.end(),
              [](const Burst& a, const Burst& b) { return a.admitted > b.admitted; });
    Evidence evidence = evidence_of(bench, bursts.front(), window);
    evidence.rounds = static_cast<int>(bursts.size());
    return CheckOutcome::vulnerable(bursts.size() > 1 ? Confidence::confirmed : Confidence::firm,
                                    std::move(evidence));
  }
  if (bench.stopped()) return CheckOutcome::inconclusive(bench.prober().stop_reason());
  if (facts.counts_refused) {
    return CheckOutcome::inconclusive(
        "refused requests are counted too, so nothing can be asked around the edge of a window");
  }
  const bool crossed = std::any_of(bench.rounds().begin(), bench.rounds().end(),
                                   [](const EdgeRound& round) { return round.after > 0; });
  if (!crossed && facts.no_room_s) return CheckOutcome::inconclusive(what_longer_takes(facts));
  if (!crossed)
    return CheckOutcome::inconclusive("no edge of the window came within the wait that is allowed");
  return CheckOutcome::protected_(
      fmt::format("never more than {} passed around {} edges", facts.n, bench.rounds().size()));
}

const CheckInfo kInfo = {
    "boundary-burst",
    "More than the limit passes across the edge of the window",
    Severity::medium,
    "rate-limiting",
    {"API4:2023"},
    {799, 770},
    {"6.2.4"},
    "The limit forgets all at once, or saves up what was not used. A caller who sends the whole "
    "quota just before that moment and again just after it gets up to twice the limit in an "
    "instant, "
    "time after time: what stands behind must bear twice what was planned.",
    "Use a sliding window that counts every interval of length W (an exact log, or a ring of "
    "sub-windows), not a counter per window and not a bucket whose burst is the whole limit.",
    "Do not put the window's number into the DynamoDB key and do not reset a counter when its TTL "
    "has passed. Keep the counts of the last sub-windows in one item and check their sum in the "
    "condition of the same UpdateItem, as Weir's store does.",
    "rules:\n  - id: per-client\n    key: [client_ip]\n    limit: 100/m   # exact: never more than "
    "100 in any minute\n",
    "More than N requests were admitted within half of the window W that was proven, counted over "
    "a window's edge; a volley that overran the limit is left out."};

}  // namespace

const Check kBoundaryBurst = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
