// Proof, from what was seen anyway, each at least twice:
// - an answer said that so many requests remain, and a request was refused before as many passed;
// - answers said that none remains, and three more in a row were served, saying so again;
// - the stated limit is not the one that is enforced (where the fit explains the history);
// - refused after the moment that a header gave for the reset, nothing having passed in between.
// Nothing is held against the headers of processes that count for themselves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/estimate.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::size_t kTwice = 2;
constexpr int kAdvisoryRow = 3;
constexpr double kGranularityS = 1.1;  // whole seconds, rounded either way
constexpr double kSureFit = 0.98;

struct Contradiction {
  std::string claim;
  std::vector<const Reply*> shown;
  std::size_t seen = 0;
};

// Answered alone: of requests that were under way together nobody knows the order.
bool alone(const std::vector<Reply>& bases, std::size_t i) {
  return (i == 0 || bases[i].sent_s >= bases[i - 1].answered_s) &&
         (i + 1 == bases.size() || bases[i + 1].sent_s >= bases[i].answered_s);
}

// What may have been counted between the two.
std::int64_t counted(const Bench& bench, const Reply& from, const Reply& to) {
  const auto& spending = bench.spending();
  return std::count_if(spending.begin(), spending.end(), [&](const Observation& seen) {
    return seen.admitted && seen.sent_s > from.sent_s && seen.sent_s < to.sent_s;
  });
}

// More was said to be left than passed until the refusal.
Contradiction overstated(const Bench& bench) {
  Contradiction found;
  const std::vector<Reply>& bases = bench.bases();
  const Reply* said = nullptr;  // the last that was served alone, since the last refusal
  for (std::size_t i = 0; i < bases.size(); ++i) {
    if (!alone(bases, i)) continue;
    if (bases[i].admitted()) {
      said = &bases[i];
      continue;
    }
    if (said == nullptr || said->hints.remaining.value_or(0) < 1) continue;
    const std::int64_t passed = counted(bench, *said, bases[i]);
    if (passed < *said->hints.remaining) {
      ++found.seen;
      found.shown.insert(found.shown.end(), {said, &bases[i]});
      found.claim = fmt::format(
          "an answer stated that {} requests remain, and after {} more the next one was refused",
          *said->hints.remaining, passed);
    }
    said = nullptr;
  }
  return found;
}

Contradiction advisory(const Bench& bench) {
  Contradiction found;
  if (bench.facts().trickles) return found;
  const std::vector<Reply>& bases = bench.bases();
  int row = 0;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const bool none_left = bases[i].admitted() && bases[i].hints.remaining == 0 && alone(bases, i);
    const bool soon = row == 0 || bases[i].sent_s - bases[i - 1].sent_s < 1.0;
    row = none_left ? (soon ? row + 1 : 1) : 0;
    // The first of the row used the last one up, by its own account.
    if (row <= kAdvisoryRow) continue;
    if (row == kAdvisoryRow + 1) ++found.seen;
    found.shown.push_back(&bases[i]);
    found.claim = fmt::format(
        "answers stated that no request remains, and {} more in a row were served", row - 1);
  }
  return found;
}

Contradiction another_limit(const Bench& bench) {
  Contradiction found;
  const LimitFacts& facts = bench.facts();
  if (!facts.learned || facts.trickles || facts.counts_refused || !facts.stated_limit) return found;
  const Fit fit = fit_of(bench);
  const bool judged = fit.kind == LimitKind::fixed_window_clock ||
                      fit.kind == LimitKind::fixed_window_first_hit ||
                      fit.kind == LimitKind::sliding_window;
  if (!judged || fit.share < kSureFit || fit.n != facts.n || bench.rounds().size() < kTwice)
    return found;
  const auto stated = *facts.stated_limit;
  const double off = std::abs(static_cast<double>(stated) - fit.n);
  if (off < std::max(2.0, 0.1 * fit.n)) return found;
  for (const Reply& reply : bench.bases()) {
    if (reply.hints.limit != stated) continue;
    ++found.seen;
    if (found.shown.size() < 2) found.shown.push_back(&reply);
  }
  found.claim = fmt::format("the answers state a limit of {}, enforced is {} in {:.1f} s", stated,
                            fit.n, fit.window_s);
  return found;
}

Contradiction late_reset(const Bench& bench) {
  Contradiction found;
  const std::vector<Reply>& bases = bench.bases();
  for (std::size_t i = 0; i + 1 < bases.size(); ++i) {
    const Reply& told = bases[i];
    const Reply& next = bases[i + 1];
    // Where there is a Retry-After, misleading-retry-after looks at that.
    if (!told.refused() || !next.refused() || !told.hints.reset_s || told.hints.retry_after_s)
      continue;
    if (next.sent_s < told.answered_s + *told.hints.reset_s + kGranularityS) continue;
    if (counted(bench, told, next) > 0) continue;
    ++found.seen;
    found.shown.insert(found.shown.end(), {&told, &next});
    found.claim = fmt::format("told that the limit resets in {:.0f} s, refused {:.1f} s later",
                              *told.hints.reset_s, next.sent_s - told.answered_s);
  }
  return found;
}

CheckOutcome run(Bench& bench) {
  const std::vector<Reply>& bases = bench.bases();
  const bool any = std::any_of(bases.begin(), bases.end(), [](const Reply& reply) {
    return reply.hints.limit || reply.hints.remaining || reply.hints.reset_s;
  });
  if (!any) return CheckOutcome::not_applicable("no answer carries a limit header");
  if (bench.facts().per_process) {
    return CheckOutcome::inconclusive("each process counts, and states what remains, for itself");
  }
  bool once = false;
  for (const Contradiction& found :
       {overstated(bench), advisory(bench), another_limit(bench), late_reset(bench)}) {
    once = once || found.seen == 1;
    if (found.seen < kTwice) continue;
    Evidence evidence;
    evidence.claim = fmt::format("{}; seen {} times", found.claim, found.seen);
    evidence.rounds = static_cast<int>(found.seen);
    for (const Reply* reply : found.shown) {
      if (evidence.exchanges.size() < 12) {
        evidence.exchanges.push_back(bench.exchanges()[reply->exchange]);
      }
    }
    evidence.curl = bench.curl(bench.base_request());
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }
  if (once) return CheckOutcome::inconclusive("a header was wrong once, and that did not repeat");
  if (!bench.facts().learned) {
    return CheckOutcome::inconclusive("no refusal was seen to compare the headers with");
  }
  return CheckOutcome::protected_("what the headers state agrees with what was seen");
}

const CheckInfo kInfo = {
    "headers-dishonest",
    "The limit headers do not say what is enforced",
    Severity::low,
    "rate-limiting",
    {"API4:2023"},
    {684, 1068},
    {},
    "Clients that pace themselves by RateLimit or X-RateLimit headers are refused although they "
    "obey, "
    "or take a limit for enforced that is not. Monitoring that reads the headers sees what is not "
    "there.",
    "Write the headers from the decision itself, after it was made and counted, and take limit, "
    "remaining and reset from one state.",
    "Take what is left from the attributes that UpdateItem returns (ReturnValues=UPDATED_NEW), not "
    "from "
    "a read before it.",
    "rules:\n  - id: per-client\n    key: client_ip\n    limit: 100/m   # RateLimit and "
    "RateLimit-Policy "
    "come from the decision\n",
    "At least twice: more was said to remain than passed; none was, and three more in a row "
    "passed; the stated limit is off by 10 % and by two; or refused 1.1 s after the stated reset."};

}  // namespace

const Check kHeadersDishonest = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
