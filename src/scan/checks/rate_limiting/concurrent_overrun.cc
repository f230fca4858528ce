#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/estimate.h"
#include "scan/experiment/volley.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr int kFreshVolleys = 2;

struct Overrun {
  int admitted = 0;
  int allowed = 0;
  int sent = 0;
  double seconds = 0;
  std::vector<std::size_t> exchanges;
};

// What may trickle back while a volley is under way.
int trickled(const LimitFacts& facts, double seconds) {
  const double window = facts.window_low_s > 0 ? facts.window_low_s : 1;
  const double token = facts.token_s > 0 ? facts.token_s : window / facts.n;
  return facts.trickles ? 1 + static_cast<int>(std::ceil(seconds / token)) : 0;
}

CheckOutcome run(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  if (!facts.learned) return CheckOutcome::not_applicable("no refusal was seen");

  std::vector<Overrun> overruns;
  int volleys = 0;
  for (const EdgeRound& round : bench.rounds()) {
    if (round.volley_sent == 0 || !round.volley_counts) continue;
    ++volleys;
    if (round.volley > round.volley_allowed) {
      overruns.push_back({round.volley, round.volley_allowed, round.volley_sent,
                          round.room_s - round.volley_s, round.exchanges});
    }
  }
  // A single find is repeated, and a limit that held is tried once more, where identities with a
  // quota of their own are to be had. A counter that does not exist yet is where some races are.
  for (const FreshVolley& volley : volleys_on_fresh_identities(bench, kFreshVolleys)) {
    ++volleys;
    const int allowed =
        facts.n + facts.uncertain + trickled(facts, volley.ended_s - volley.began_s);
    if (volley.admitted > allowed) {
      overruns.push_back({volley.admitted, allowed, volley.sent, volley.ended_s - volley.began_s,
                          volley.exchanges});
    }
  }

  if (overruns.empty()) {
    if (bench.stopped()) return CheckOutcome::inconclusive(bench.prober().stop_reason());
    if (volleys == 0 && facts.no_room_s) {
      return CheckOutcome::inconclusive(what_longer_takes(facts));
    }
    if (volleys == 0) return CheckOutcome::inconclusive("no window was free for a volley");
    return CheckOutcome::protected_(
        fmt::format("{} volleys kept to the limit (with 95 % confidence, fewer than {:.0f} % of "
                    "volleys overrun it)",
                    volleys, 100 * (1 - std::pow(0.05, 1.0 / volleys))));
  }
  const Overrun& worst =
      *std::max_element(overruns.begin(), overruns.end(), [](const Overrun& a, const Overrun& b) {
        return a.admitted - a.allowed < b.admitted - b.allowed;
      });
  // One too many, once, might be an error of ours in what was left.
  if (overruns.size() == 1 && worst.admitted == worst.allowed + 1 && !facts.per_process) {
    return CheckOutcome::inconclusive(
        "one volley got one request too many, and that did not repeat");
  }
  Evidence evidence;
  evidence.admitted = worst.admitted;
  evidence.allowed = worst.allowed;
  evidence.rounds = static_cast<int>(overruns.size());
  evidence.claim = fmt::format(
      "of {} requests released at one instant {} passed, where {} had room; seen in {} of {} "
      "volleys",
      worst.sent, worst.admitted, worst.allowed, overruns.size(), volleys);
  for (const std::size_t index : worst.exchanges) {
    if (evidence.exchanges.size() < 80) evidence.exchanges.push_back(bench.exchanges()[index]);
  }
  evidence.curl = fmt::format("seq {} | xargs -P {} -I{{}} {} -o /dev/null -w '%{{http_code}}\\n'",
                              worst.sent, worst.sent, bench.curl(bench.base_request()));
  // By the invariant, one clean violation is a proof; the repetition makes it stable.
  return CheckOutcome::vulnerable(overruns.size() > 1 ? Confidence::confirmed : Confidence::firm,
                                  std::move(evidence));
}

const CheckInfo kInfo = {
    "concurrent-overrun",
    "Requests that arrive together pass beyond the limit",
    Severity::high,
    "rate-limiting",
    {"API4:2023", "API6:2023"},
    {362, 367, 770},
    {"6.2.4"},
    "The limit is read and written in separate steps, or each process counts for itself. Requests "
    "that arrive in the same instant all see room and all pass: the faster the attacker, the "
    "higher "
    "the limit.",
    "Decide and count in one atomic step on one shared counter: a conditional update whose "
    "condition "
    "is the limit itself.",
    "One UpdateItem with ConditionExpression \"hits < :limit\" instead of get_item followed by "
    "update_item or put_item. A failed condition is a refusal (429), never a reason to let the "
    "request through.",
    "store:\n  dynamodb: {table: weir}   # one conditional write decides and counts\nrules:\n  - "
    "id: "
    "per-client\n    key: [client_ip]\n    limit: 100/m\n",
    "Of requests that were released at one instant more passed than the limit had room for, with "
    "no reset in between, and one too many came again."};

}  // namespace

const Check kConcurrentOverrun = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
