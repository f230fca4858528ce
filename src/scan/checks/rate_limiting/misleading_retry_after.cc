#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/estimate.h"

namespace weir::scan::rate_limiting {
namespace {

// Told to wait so many seconds, still refused this much after that.
constexpr double kMarginS = 0.05;
constexpr double kFarTooLong = 2.0;  // of the window

struct Broken {
  const Reply* told;
  const Reply* after;
  bool undisturbed;  // nothing of this client came in between
};

// Something was let through in between, a variant perhaps: it may have taken the room.
bool was_taken(const Bench& bench, double from_s, double to_s) {
  const auto& spending = bench.spending();
  return std::any_of(spending.begin(), spending.end(), [&](const Observation& seen) {
    return seen.admitted && seen.sent_s >= from_s && seen.sent_s < to_s;
  });
}

// A promise is broken by the first request at or after its time, if that is refused and nothing
// was admitted in between. One broken promise is kept for each later request.
std::vector<Broken> broken_promises(const Bench& bench) {
  std::vector<Broken> broken;
  const std::vector<Reply>& bases = bench.bases();
  for (std::size_t i = 1; i < bases.size(); ++i) {
    if (!bases[i].refused()) continue;
    for (std::size_t k = i; k-- > 0 && bases[k].refused();) {
      const Reply& told = bases[k];
      if (!told.hints.retry_after_s) continue;
      const double at_s = told.answered_s + *told.hints.retry_after_s + kMarginS;
      // An earlier request has already put this promise to the test.
      if (bases[i].sent_s >= at_s && (i == k + 1 || bases[i - 1].sent_s < at_s) &&
          !was_taken(bench, told.answered_s, bases[i].sent_s)) {
        broken.push_back({&told, &bases[i], i == k + 1});
        break;
      }
    }
  }
  return broken;
}

CheckOutcome run(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  if (!facts.learned) return CheckOutcome::not_applicable("no refusal was seen");
  std::vector<const Reply*> told;
  for (const Reply& reply : bench.refused_bases()) {
    if (reply.hints.retry_after_s) told.push_back(&reply);
  }
  if (told.empty()) return CheckOutcome::not_applicable("refusals carry no Retry-After");
  if (facts.per_process) {
    return CheckOutcome::inconclusive("each process counts, and tells the wait, for itself");
  }

  Evidence evidence;
  evidence.curl = bench.curl(bench.base_request());
  const double window = facts.window_high_s;
  const bool all_too_long =
      window > 0 && std::all_of(told.begin(), told.end(), [&](const Reply* reply) {
        return *reply->hints.retry_after_s > kFarTooLong * window + 1;
      });
  if (all_too_long) {
    evidence.claim = fmt::format("told to wait {:.0f} s, while there is room again after {:.1f} s",
                                 *told.front()->hints.retry_after_s, window);
    evidence.exchanges.push_back(bench.exchanges()[told.front()->exchange]);
    evidence.rounds = static_cast<int>(told.size());
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }

  const std::vector<Broken> broken = broken_promises(bench);
  const bool undisturbed = std::any_of(broken.begin(), broken.end(),
                                       [](const Broken& promise) { return promise.undisturbed; });
  if (broken.size() >= 2 && undisturbed) {
    const Broken& shown = *std::find_if(broken.begin(), broken.end(),
                                        [](const Broken& promise) { return promise.undisturbed; });
    evidence.claim = fmt::format(
        "told to wait {:.0f} s, refused again {:.2f} s later; {} promises were broken like this",
        *shown.told->hints.retry_after_s, shown.after->sent_s - shown.told->answered_s,
        broken.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(4, broken.size()); ++i) {
      evidence.exchanges.push_back(bench.exchanges()[broken[i].told->exchange]);
      evidence.exchanges.push_back(bench.exchanges()[broken[i].after->exchange]);
    }
    evidence.rounds = static_cast<int>(broken.size());
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }
  if (!broken.empty()) {
    return CheckOutcome::inconclusive("one stated wait was too short, but that did not repeat");
  }
  const auto& bases = bench.bases();
  const bool kept = std::any_of(bases.begin(), bases.end(), [&](const Reply& reply) {
    return reply.admitted() && reply.sent_s > told.front()->answered_s;
  });
  if (!kept && facts.no_room_s) return CheckOutcome::inconclusive(what_longer_takes(facts));
  if (!kept) return CheckOutcome::inconclusive("no stated wait could be waited for");
  return CheckOutcome::protected_(
      fmt::format("{} refusals stated a wait, none was too short or far too long", told.size()));
}

const CheckInfo kInfo = {
    "misleading-retry-after",
    "The stated wait is wrong",
    Severity::low,
    "rate-limiting",
    {"API4:2023"},
    {684, 835},
    {},
    "Clients that do as they are told are refused again, or wait far longer than they need to. The "
    "first teaches them to ignore Retry-After, the second costs them service that they have paid "
    "for.",
    "Compute the wait from the state that the limit enforces, and round it up to whole seconds.",
    "math.ceil(), not int(): a wait of 4.6 s told as 4 is refused again.",
    "rules:\n  - id: per-client\n    key: [client_ip]\n    limit: 100/m   # Retry-After is when "
    "this "
    "request fits, rounded up\n",
    "Told to wait, the client was refused 0.05 s after that wait, at least twice, once with "
    "nothing sent in between; or it was told to wait more than two windows."};

}  // namespace

const Check kMisleadingRetryAfter = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
