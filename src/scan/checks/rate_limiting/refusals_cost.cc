// Proof: the operation takes visibly longer than an answer that does no work (a path that does not
// exist), and refusals take as long: of n refusals so many are slower than halfway between the two
// that chance explains it in fewer than one of ten thousand cases (sign test).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/fill.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr double kVisibleWorkS = 0.010;
constexpr int kIdle = 8;  // requests that do no work
constexpr std::size_t kEnough = 20;
constexpr double kSignificance = 1e-4;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Times of the base's answers that nothing else was under way with.
std::vector<double> times_alone(const Bench& bench, bool refused) {
  std::vector<double> times;
  const std::vector<Reply>& bases = bench.bases();
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const bool before = i > 0 && bases[i].sent_s < bases[i - 1].answered_s;
    const bool after = i + 1 < bases.size() && bases[i + 1].sent_s < bases[i].answered_s;
    if (!before && !after && bases[i].refused() == refused) times.push_back(bases[i].took_s());
  }
  return times;
}

// P(at least k of n) for a fair coin.
double sign_test(std::size_t k, std::size_t n) {
  double p = 0;
  for (std::size_t i = k; i <= n; ++i) {
    const auto a = static_cast<double>(n), b = static_cast<double>(i);
    p += std::exp(std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1) -
                  a * std::log(2.0));
  }
  return p;
}

CheckOutcome run(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  if (!facts.learned) return CheckOutcome::not_applicable("no refusal was seen");
  const std::vector<double> admitted = times_alone(bench, false);
  if (admitted.size() < 5) return CheckOutcome::inconclusive("too few calm answers were seen");
  const double served_s = median(admitted);
  if (served_s < kVisibleWorkS) {
    return CheckOutcome::not_applicable(fmt::format(
        "the operation answers in {:.1f} ms: what refusals cost cannot be told from outside",
        1000 * served_s));
  }
  std::vector<double> idle;
  for (int i = 0; i < kIdle && !bench.stopped(); ++i) {
    Variant nowhere{"a path that does not exist", bench.base_request()};
    nowhere.request.target = "/" + bench.made_up() + "/" + bench.made_up();
    const Reply reply = bench.send(nowhere, "no work");
    if (reply.outcome == Outcome::other) idle.push_back(reply.took_s());
  }
  if (idle.size() < kIdle / 2) {
    return CheckOutcome::inconclusive("no answer that does no work was to be had to compare with");
  }
  const double idle_s = median(idle);
  const double work_s = served_s - idle_s;
  if (work_s < kVisibleWorkS) {
    return CheckOutcome::not_applicable(fmt::format(
        "the operation's own work takes {:.1f} ms: what refusals cost cannot be told from "
        "outside",
        1000 * std::max(0.0, work_s)));
  }
  ensure_refused(bench);
  std::vector<double> refused = times_alone(bench, true);
  for (std::size_t i = 0; refused.size() < kEnough && i < 2 * kEnough && !bench.stopped(); ++i) {
    const Reply reply = bench.base("what a refusal takes");
    if (reply.refused()) refused.push_back(reply.took_s());
  }
  if (bench.stopped()) return CheckOutcome::inconclusive(bench.prober().stop_reason());
  if (refused.size() < kEnough) return CheckOutcome::inconclusive("too few refusals were seen");
  const double halfway_s = idle_s + 0.5 * work_s;
  const auto slow = static_cast<std::size_t>(std::count_if(
      refused.begin(), refused.end(), [&](double seconds) { return seconds > halfway_s; }));
  const double p = sign_test(slow, refused.size());
  const std::string figures =
      fmt::format("served in {:.0f} ms, refused in {:.0f} ms, no work at all {:.0f} ms (medians)",
                  1000 * served_s, 1000 * median(refused), 1000 * idle_s);
  if (p >= kSignificance) return CheckOutcome::protected_(figures);
  Evidence evidence;
  evidence.claim = fmt::format(
      "refusals are as slow as answers: {}; {} of {} refusals took more than "
      "half of the work (sign test: p = {:.1g})",
      figures, slow, refused.size(), p);
  evidence.rounds = static_cast<int>(refused.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(6, bench.refused_bases().size()); ++i) {
    evidence.exchanges.push_back(bench.exchanges()[bench.refused_bases()[i].exchange]);
  }
  evidence.curl = bench.curl(bench.base_request()) + " -o /dev/null -w '%{time_total}\\n'";
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "refusals-cost",
    "A refusal costs as much as an answer",
    Severity::medium,
    "rate-limiting",
    {"API4:2023"},
    {405, 400, 770},
    {},
    "The work is done before the limit is asked. A flood is then refused and still uses the "
    "database, "
    "the processor and the bill as if it had been let through: the limit protects nothing but the "
    "answer.",
    "Ask the limit first: before authentication that reads a database, before bodies are parsed, "
    "before "
    "any query. Keep refusals free of writes, and remember a denied client locally until it may "
    "return.",
    "Put the limit into MIDDLEWARE above authentication and sessions. Make the DynamoDB condition "
    "refuse without a second write, and cache the refusal in the process until its reset.",
    "rules:\n  - id: per-client\n    key: client_ip\n    limit: 100/m   # decided before the view; "
    "a "
    "refusal writes nothing\n",
    "Of 20 refusals or more so many are slower than halfway between a path that does not exist and "
    "a served answer, 10 ms or more apart, that chance explains it in fewer than one of 10,000 "
    "cases."};

}  // namespace

const Check kRefusalsCost = {&kInfo, Stage::with_room, run};

}  // namespace weir::scan::rate_limiting
