#include "engine/deciding.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

#include "base/duration.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRetryUndecided = 1s;  // after a 503, when nothing better is known

std::string named(const CompiledRule& rule) {
  return "rule '" + rule.rule().id + "'";
}

std::string why_refused(const CompiledRule& rule, bool ever_fits) {
  const std::string limit = policy::format_quota(rule.rule());
  if (!ever_fits)
    return named(rule) + ": the request costs more than its limit of " + limit + " ever lets pass";
  if (rule.counts_in_flight())
    return named(rule) + ": its limit of " + limit + " requests in flight is reached";
  if (rule.counts_values()) {
    return named(rule) + ": its limit of " + limit + " different values of " +
           std::string(to_string(*rule.rule().distinct)) + " is reached";
  }
  return named(rule) + ": its limit of " + limit + " is used up";
}

}  // namespace

Decision Deciding::decide(std::span<const CompiledRule* const> rules, std::uint64_t request_id) {
  now_ = parts_.clock.now();
  if (!collect(rules, request_id) || asks_.empty()) return std::move(decision_);
  // Several rules: one that is known to be full spares the others a charge and its return.
  if (asks_.size() > 1 && find_known_refusals()) {
    refuse();
  } else {
    charge_all();
  }
  return std::move(decision_);
}

// Who is asking, for every rule that matches. False: an identifier is malformed.
bool Deciding::collect(std::span<const CompiledRule* const> rules, std::uint64_t request_id) {
  const auto malformed = [&](const CompiledRule& rule, const Error& error) {
    decision_.verdict = Verdict::malformed;
    decision_.rule = rule.rule().id;
    decision_.reason = error.message;
    return false;
  };
  for (const CompiledRule* rule : rules) {
    if (!rule->matches(asker_)) continue;
    const Result<Key> key = rule->key(asker_);
    if (!key) return malformed(*rule, key.error());
    std::uint64_t subject = request_id;
    if (rule->counts_values()) {
      const Result<std::optional<std::uint64_t>> value = rule->value(asker_);
      if (!value) return malformed(*rule, value.error());
      if (!*value) continue;
      subject = **value;
    }
    asks_.push_back({.rule = rule,
                     .request = {.key = *key,
                                 .limit = rule->limit(now_),
                                 .cost = rule->cost(asker_.request()),
                                 .subject = subject,
                                 .now = now_,
                                 .budget = parts_.budget}});
  }
  return true;
}

bool Deciding::find_known_refusals() {
  bool found = false;
  for (Ask& ask : asks_) {
    if (ask.answer) continue;
    ask.answer = parts_.store.known_refusal(ask.request);
    found = found || ask.answer;
  }
  return found;
}

void Deciding::charge_all() {
  boost::container::small_vector<Ask*, 4> order;
  for (Ask& ask : asks_) order.push_back(&ask);
  const auto rank = [](const Ask* ask) {
    return std::tuple(ask->rule->counts_values(), -ask->rule->narrowness(), ask);
  };
  std::sort(order.begin(), order.end(),
            [&](const Ask* a, const Ask* b) { return rank(a) < rank(b); });

  for (Ask* ask : order) {
    Answer answer = charge(*ask);
    if (answer == Answer::undecided) answer = follow_failure_policy(*ask);
    if (answer == Answer::admitted) continue;
    give_back();
    if (answer == Answer::refused) {
      // The client must wait for all rules, so say the latest room that is known.
      find_known_refusals();
      refuse();
      return;
    }
    break;
  }
  for (const Ask& ask : asks_) {
    if (ask.answer) decision_.quotas.push_back(quota_of(ask));
  }
  if (decision_.verdict == Verdict::admitted) make_receipt();
}

// Leaves the call what earlier calls of this decision have not used of the budget.
Deciding::Answer Deciding::charge(Ask& ask) {
  if (asks_.size() > 1) {
    ask.request.budget = budget_left();
    if (ask.request.budget <= Duration::zero()) return Answer::undecided;
  }
  ask.answer = parts_.store.charge(ask.request);
  if (!ask.answer) return Answer::undecided;
  if (!ask.answer->admitted) return Answer::refused;
  ask.charged = &parts_.store.store();
  ask.slot = ask.answer->slot;
  return Answer::admitted;
}

// The store could not decide. An outage is never a refusal: what is not admitted is unavailable.
Deciding::Answer Deciding::follow_failure_policy(Ask& ask) {
  const policy::Rule& rule = ask.rule->rule();
  decision_.degraded = true;
  Duration wait = kRetryUndecided;
  std::string reason = named(*ask.rule) + ": the store cannot decide";
  if (rule.on_store_failure == policy::OnStoreFailure::allow) return Answer::admitted;
  if (rule.on_store_failure == policy::OnStoreFailure::local) {
    store::ChargeRequest share = ask.request;
    share.limit = ask.rule->local_limit();
    const Result<store::ChargeOutcome> outcome = parts_.local_store.charge(share);
    if (outcome && outcome->charge.admitted) {
      ask.request = share;
      ask.charged = &parts_.local_store;
      ask.slot = outcome->charge.slot;
      return Answer::admitted;
    }
    if (outcome) {
      if (outcome->charge.room_at != Time::max()) wait = outcome->charge.room_at - now_;
      reason += ", and this process has used up the share that it may admit alone";
    }
  }
  decision_.verdict = Verdict::unavailable;
  decision_.rule = rule.id;
  decision_.reason = std::move(reason);
  decision_.retry_after = std::max(wait, parts_.store.pause_left());
  return Answer::undecided;
}

// Fills the decision from the rules that have no room: the one that the client waits for longest,
// above all one under which this request never fits.
void Deciding::refuse() {
  decision_.verdict = Verdict::refused;
  const Ask* longest = nullptr;
  for (const Ask& ask : asks_) {
    if (!ask.answer) continue;
    decision_.quotas.push_back(quota_of(ask));
    if (!ask.answer->admitted &&
        (longest == nullptr || ask.answer->room_at > longest->answer->room_at))
      longest = &ask;
  }
  const bool ever_fits = longest->answer->room_at != Time::max();
  if (ever_fits) decision_.retry_after = std::max(longest->answer->room_at - now_, Duration(1));
  decision_.rule = longest->rule->rule().id;
  decision_.reason = why_refused(*longest->rule, ever_fits);
}

// What was charged for a request that is not admitted after all. Tried once (store.h): a charge
// that cannot be returned stays, which costs its owner one admission and nobody a promise.
void Deciding::give_back() {
  for (Ask& ask : asks_) {
    if (ask.charged == nullptr) continue;
    ask.request.now = parts_.clock.now();
    ask.request.budget = budget_left();
    if (ask.charged != &parts_.local_store && ask.request.budget <= Duration::zero()) continue;
    if (ask.charged->give_back(ask.request, ask.slot) && !ask.rule->counts_values())
      ask.charged = nullptr;
  }
}

void Deciding::make_receipt() {
  for (const Ask& ask : asks_) {
    const bool place = ask.rule->counts_in_flight();
    const bool estimate = asker_.request().cost_is_estimate && !ask.rule->rule().cost && !place &&
                          !ask.rule->counts_values();
    if (ask.charged == nullptr || !(place || estimate)) continue;
    if (!decision_.receipt) decision_.receipt = std::make_shared<Receipt>(parts_.owner);
    const Charged charged{ask.charged, ask.request, ask.slot};
    if (place) decision_.receipt->add_place(charged);
    if (estimate) decision_.receipt->add_estimate(charged);
  }
}

QuotaStatus Deciding::quota_of(const Ask& ask) const {
  const policy::Rule& rule = ask.rule->rule();
  const bool given_back = ask.answer->admitted && ask.charged == nullptr;
  const bool by_place = ask.rule->counts_in_flight();
  QuotaStatus quota{.rule = rule.id,
                    .limit = rule.limit.count,
                    .window = rule.limit.window,
                    .remaining = ask.answer->remaining + (!given_back ? 0
                                                          : by_place  ? 1
                                                                      : ask.request.cost),
                    .unit = by_place                    ? QuotaUnit::concurrent
                            : ask.rule->counts_values() ? QuotaUnit::values
                                                        : QuotaUnit::requests};
  if (const auto* fixed = std::get_if<limit::FixedWindowLimit>(&ask.request.limit))
    quota.window = fixed->end - fixed->start;
  if (quota.remaining < quota.limit && ask.answer->room_at != Time::max())
    quota.next_room = std::max(ask.answer->room_at - now_, Duration(1));
  return quota;
}

}  // namespace weir::engine
