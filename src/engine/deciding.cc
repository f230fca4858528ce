#include "engine/deciding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

#include "base/duration.h"
#include "engine/limiter.h"
#include "identity/bounds.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRetryUndecided = 1s;  // after a 503, when nothing better is known

std::string named(const CompiledRule& rule) {
  return "rule '" + rule.rule().id + "'";
}

std::string why_refused(const CompiledRule& rule, const policy::Rule& terms, bool ever_fits) {
  const std::string limit = policy::format_quota(terms);
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

// The first bytes of the stored key: enough to tell counters apart.
std::string counter_name(const Key& key) {
  return fmt::format("{:016x}", __builtin_bswap64(key.hash()));
}

std::int64_t cost_of(const Candidate& candidate, const identity::Request& request) {
  if (!candidate.cost) return candidate.rule->cost(request);
  return std::max<std::int64_t>(*candidate.cost, 1);
}

}  // namespace

Decision Deciding::decide(std::span<const Candidate> candidates, std::uint64_t request_id) {
  now_ = parts_.clock.now();
  if (!is_listed() && collect(candidates, request_id)) decide_once();
  if (record_ != nullptr) write_record();
  if (answers_ != nullptr) write_answers();
  return std::move(decision_);
}

// A request that was admitted before is answered as then.
void Deciding::decide_once() {
  const std::string_view id = asker_.request().request_id;
  if (id.empty() || (asks_.empty() && shadows_.empty())) return decide_anew();
  if (id.size() > identity::kMaxRequestIdLength) {
    decision_.verdict = Verdict::malformed;
    decision_.reason = "the request's id is longer than 128 bytes";
    return;
  }
  const Key key = request_key();
  // One that is over and comes again is in flight again: it needs a place of its own.
  std::optional<Decision> before = parts_.memory.begin(key, now_);
  if (before && !(before->receipt && before->receipt->is_finished())) {
    decision_ = *std::move(before);
    return;
  }
  decide_anew();
  Duration life{};
  for (const Ask& ask : asks_) life = std::max(life, ask.terms->rule.limit.window);
  parts_.memory.end(key, decision_, now_, life);
}

// The id, of this caller, under these rules, at this cost: the same id means nothing elsewhere.
Key Deciding::request_key() const {
  identity::KeyTuple tuple = parts_.request_prefix;
  tuple.add(asker_.request().request_id);
  tuple.add(std::to_string(asker_.request().cost));
  for (const Asks* asks : {&asks_, &shadows_}) {
    for (const Ask& ask : *asks) {
      std::array<char, sizeof(Key::bytes)> bytes{};
      std::memcpy(bytes.data(), ask.request.key.bytes.data(), bytes.size());
      tuple.add({bytes.data(), bytes.size()});
    }
  }
  return tuple.key();
}

void Deciding::decide_anew() {
  // Several rules: one that is known to be full spares the others a charge and its return.
  if (find_penalties() || (asks_.size() > 1 && find_known_refusals())) {
    refuse();
  } else {
    charge_all();
  }
  ask_shadows();
}

// Whether the policy's lists decide.
bool Deciding::is_listed() {
  if (!asker_.request().has_sender) return false;
  const auto names = [&](const WhoList& list, WhoList::Keys keys) {
    const Result<std::optional<std::size_t>> found = list.find(asker_, parts_.list_width, keys);
    if (!found) {
      decision_.verdict = Verdict::malformed;
      decision_.reason = found.error().message;
    }
    return !found || *found;
  };
  if (!parts_.deny.empty() && names(parts_.deny, WhoList::Keys::sent)) {
    if (decision_.verdict == Verdict::malformed) return true;
    decision_.verdict = Verdict::denied;
    decision_.reason = "the policy denies access";
    if (record_ != nullptr) record_->list = "deny";
    return true;
  }
  if (parts_.allow.empty() || !names(parts_.allow, WhoList::Keys::counted)) return false;
  if (record_ != nullptr && decision_.verdict == Verdict::admitted) record_->list = "allow";
  return true;
}

// Who is asking, for every rule that matches. False: an identifier is malformed.
bool Deciding::collect(std::span<const Candidate> candidates, std::uint64_t request_id) {
  for (std::size_t place = 0; place < candidates.size(); ++place) {
    const Candidate& candidate = candidates[place];
    const CompiledRule* const rule = candidate.rule;
    if (!rule->matches(asker_)) continue;
    const bool shadow = rule->rule().shadow;
    // A rule that never refuses makes no request malformed either.
    const auto malformed = [&](const Error& error) {
      if (shadow) return true;
      decision_.verdict = Verdict::malformed;
      decision_.rule = rule->rule().id;
      decision_.reason = error.message;
      return false;
    };
    const Result<Key> key = rule->key(asker_, candidate.subject);
    const Result<const Terms*> terms = rule->terms(asker_);
    Result<std::optional<std::uint64_t>> subject = request_id;
    if (rule->counts_values()) subject = rule->value(asker_);
    if (!key || !terms || !subject) {
      if (malformed(!key ? key.error() : !terms ? terms.error() : subject.error())) continue;
      return false;
    }
    if (!*subject) continue;
    (shadow ? shadows_ : asks_)
        .push_back({.rule = rule,
                    .subject = candidate.subject,
                    .place = place,
                    .is_look = candidate.cost == 0,
                    .terms = *terms,
                    .request = {.key = *key,
                                .limit = (*terms)->limit_at(now_),
                                .cost = cost_of(candidate, asker_.request()),
                                .subject = **subject,
                                .now = now_,
                                .budget = parts_.budget}});
  }
  return true;
}

bool Deciding::find_penalties() {
  bool found = false;
  for (Ask& ask : asks_) {
    if (!ask.rule->rule().penalty) continue;
    const std::optional<Time> until = parts_.penalties->until(ask.candidate(), asker_, now_);
    if (!until) continue;
    found = true;
    ask.answer = limit::Charge{.room_at = *until};
    ask.state = RuleRecord::State::penalty;
  }
  return found;
}

void Deciding::count_refusal(const Ask& ask) {
  if (ask.rule->rule().penalty && ask.state == RuleRecord::State::full)
    parts_.penalties->count_refusal(ask.candidate(), asker_, now_);
}

bool Deciding::find_known_refusals() {
  bool found = false;
  for (Ask& ask : asks_) {
    if (ask.answer) continue;
    ask.answer = parts_.store.known_refusal(ask.request);
    if (!ask.answer) continue;
    ask.state = RuleRecord::State::full;
    found = true;
  }
  return found;
}

void Deciding::charge_all() {
  boost::container::small_vector<Ask*, 4> order;
  for (Ask& ask : asks_) order.push_back(&ask);
  const auto rank = [](const Ask* ask) {
    return std::tuple(ask->rule->counts_values(), -ask->candidate().narrowness(), ask);
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
  give_back_looks(asks_);
  for (const Ask& ask : asks_) {
    if (ask.answer) decision_.quotas.push_back(quota_of(ask));
  }
  if (decision_.verdict == Verdict::admitted) make_receipt(asks_);
}

// Leaves the call what earlier calls of this decision, and waiting before it, have not used of the
// budget.
Deciding::Answer Deciding::charge(Ask& ask) {
  if (asks_.size() + shadows_.size() > 1 || asker_.request().waited > Duration::zero()) {
    ask.request.budget = budget_left();
    if (ask.request.budget <= Duration::zero()) return Answer::undecided;
  }
  ask.answer = parts_.store.charge(ask.request);
  if (!ask.answer) return Answer::undecided;
  ask.state = ask.answer->admitted ? RuleRecord::State::room : RuleRecord::State::full;
  if (!ask.answer->admitted) return Answer::refused;
  ask.charged = &parts_.store.store();
  ask.slot = ask.answer->slot;
  return Answer::admitted;
}

// The store could not decide. An outage is never a refusal: what is not admitted is unavailable.
Deciding::Answer Deciding::follow_failure_policy(Ask& ask) {
  const policy::Rule& rule = ask.rule->rule();
  decision_.degraded = true;
  ask.state = RuleRecord::State::undecided;
  Duration wait = kRetryUndecided;
  std::string reason = named(*ask.rule) + ": the store cannot decide";
  if (rule.on_store_failure == policy::OnStoreFailure::allow) {
    ask.state = RuleRecord::State::allowed;
    return Answer::admitted;
  }
  if (rule.on_store_failure == policy::OnStoreFailure::leased) {
    const std::optional<limit::Charge> paid = parts_.store.charge_paid(ask.request);
    if (paid) {
      ask.state = RuleRecord::State::leased;
      ask.charged = &parts_.store.store();
      ask.slot = paid->slot;
      return Answer::admitted;
    }
  }
  if (rule.on_store_failure == policy::OnStoreFailure::local) {
    store::ChargeRequest share = ask.request;
    share.limit = ask.terms->local;
    const Result<store::ChargeOutcome> outcome = parts_.local_store.charge(share);
    if (outcome && outcome->charge.admitted) {
      ask.state = RuleRecord::State::local;
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
    // A penalty says nothing of what is left.
    if (ask.state != RuleRecord::State::penalty) decision_.quotas.push_back(quota_of(ask));
    if (ask.answer->admitted) continue;
    count_refusal(ask);
    if (longest == nullptr || ask.answer->room_at > longest->answer->room_at) longest = &ask;
  }
  const bool ever_fits = longest->answer->room_at != Time::max();
  if (ever_fits) decision_.retry_after = std::max(longest->answer->room_at - now_, Duration(1));
  decision_.rule = longest->rule->rule().id;
  decision_.reason =
      longest->state == RuleRecord::State::penalty
          ? named(*longest->rule) + ": refused too often of late, so this caller waits"
          : why_refused(*longest->rule, longest->terms->rule, ever_fits);
}

// What was charged for a request that is not admitted after all. Tried once (store.h): a charge
// that cannot be returned stays, which costs its owner one admission and nobody a promise.
void Deciding::give_back() {
  for (Ask& ask : asks_) give_back(ask);
}

void Deciding::give_back(Ask& ask) {
  if (ask.charged == nullptr) return;
  ask.request.now = parts_.clock.now();
  ask.request.budget = budget_left();
  if (ask.charged != &parts_.local_store && ask.request.budget <= Duration::zero()) return;
  if (ask.charged->give_back(ask.request, ask.slot) && !ask.rule->counts_values())
    ask.charged = nullptr;
}

void Deciding::give_back_looks(Asks& asks) {
  for (Ask& ask : asks) {
    if (ask.is_look) give_back(ask);
  }
}

void Deciding::make_receipt(const Asks& asks) {
  for (const Ask& ask : asks) {
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

// Each as if it stood alone. What the store cannot decide is left undecided, and no penalty
// follows.
void Deciding::ask_shadows() {
  for (Ask& ask : shadows_) {
    ask.request.budget = budget_left();
    ask.state = RuleRecord::State::undecided;
    if (ask.request.budget <= Duration::zero()) continue;
    static_cast<void>(charge(ask));
  }
  give_back_looks(shadows_);
  if (decision_.verdict == Verdict::admitted) return make_receipt(shadows_);
  // A request that goes no further is in flight no longer.
  for (Ask& ask : shadows_) {
    if (ask.rule->counts_in_flight()) give_back(ask);
  }
}

void Deciding::write_record() {
  DecisionRecord& record = *record_;
  record.at = now_;
  record.method = asker_.method();
  record.route = asker_.request().route;
  record.verdict = decision_.verdict;
  record.rule = decision_.rule;
  record.reason = decision_.reason;
  record.degraded = decision_.degraded;
  record.retry_after = decision_.retry_after;
  for (const Asks* asks : {&asks_, &shadows_}) {
    for (const Ask& ask : *asks) {
      const policy::Rule& rule = ask.terms->rule;
      RuleRecord said{.rule = rule.id,
                      .algorithm = std::string(policy::to_string(rule.algorithm)),
                      .limit = policy::format_quota(rule),
                      .overridden = ask.terms != &ask.rule->usual_terms(),
                      .shadow = rule.shadow,
                      .state = ask.state,
                      .key = ask.rule->key_text(asker_),
                      .counter = counter_name(ask.request.key),
                      .cost = ask.request.cost};
      if (ask.answer && ask.state != RuleRecord::State::penalty)
        said.remaining = quota_of(ask).remaining;
      if (ask.answer && !ask.answer->admitted && ask.answer->room_at != Time::max())
        said.room_at = ask.answer->room_at;
      record.rules.push_back(std::move(said));
    }
  }
}

void Deciding::write_answers() {
  for (const Asks* asks : {&asks_, &shadows_}) {
    for (const Ask& ask : *asks) {
      RuleAnswer& said = (*answers_)[ask.place];
      said.state = ask.state;
      if (!ask.answer) continue;
      if (ask.state != RuleRecord::State::penalty) said.quota = quota_of(ask);
      if (!ask.answer->admitted && ask.answer->room_at != Time::max())
        said.room_in = std::max(ask.answer->room_at - now_, Duration(1));
    }
  }
}

QuotaStatus Deciding::quota_of(const Ask& ask) const {
  const policy::Rule& rule = ask.terms->rule;
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
