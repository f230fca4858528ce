#include "engine/limiter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/rng.h"
#include "engine/circuit_breaker.h"
#include "engine/compiled_rule.h"
#include "store/memory/memory_store.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRandomPepperLength = 32;
constexpr Duration kRetryUndecided = 1s;  // after a 503, when nothing better is known

// One rule in one decision.
struct Ask {
  const CompiledRule* rule = nullptr;
  store::ChargeRequest request = {};
  std::optional<limit::Charge> answer = {};  // of the policy's own store
  store::Store* charged = nullptr;           // the store that admitted it and can take it back,
  std::int64_t slot = 0;                     // from this slot
};

std::string random_pepper() {
  std::array<std::byte, kRandomPepperLength> bytes{};
  base::fill_entropy(bytes);
  std::string pepper;
  for (const std::byte byte : bytes) pepper += static_cast<char>(byte);
  return pepper;
}

std::string named(const CompiledRule& rule) {
  return "rule '" + rule.rule().id + "'";
}

std::string used_up(const CompiledRule& rule) {
  return named(rule) + ": its limit of " + format_rate(rule.rule().limit) + " is used up";
}

// One key that is throttled, or one table of counters that an attacker has filled, says nothing
// about the keys of others. If it opened the breaker, a client that has used up its limit could
// buy itself the local share.
bool is_about_the_whole_store(const Error& error) {
  return error.code != ErrorCode::throttled && error.code != ErrorCode::limit_exceeded &&
         error.code != ErrorCode::invalid_input;
}

QuotaStatus quota_of(const Ask& ask) {
  const policy::Rule& rule = ask.rule->rule();
  const bool given_back = ask.answer->admitted && ask.charged == nullptr;
  QuotaStatus quota{.rule = rule.id,
                    .limit = rule.limit.count,
                    .window = rule.limit.window,
                    .remaining = ask.answer->remaining + (given_back ? ask.request.cost : 0)};
  if (quota.remaining < quota.limit && ask.answer->room_at != Time::max())
    quota.next_room = std::max(ask.answer->room_at - ask.request.now, Duration(1));
  return quota;
}

}  // namespace

struct Limiter::Parts {
  Parts(policy::Policy the_policy, IdentitySources the_sources, Dependencies dependencies,
        std::unique_ptr<store::Store> the_local_store)
      : policy(std::move(the_policy)),
        sources(std::move(the_sources)),
        clock(dependencies.clock),
        store(std::move(dependencies.store)),
        local_store(std::move(the_local_store)),
        on_event(std::move(dependencies.on_event)) {
    rules.reserve(policy::kMaxRules + policy::kMaxCodeRules);
    if (const auto* shared = std::get_if<policy::DynamoDbStore>(&policy.store))
      budget = shared->budget;
  }

  enum class Answer { admitted, refused, undecided };

  Decision decide(const identity::Request& request, std::span<const CompiledRule* const> rules);
  Status check_store();
  Answer ask_store(Ask& ask);
  void note_failure(const Error& error);
  bool within_budget(Ask& ask);
  Answer follow_failure_policy(Ask& ask, Decision& decision);
  void refuse(std::span<Ask> asks, Decision& decision);
  void give_back(std::span<Ask> asks);
  void tell(Event::Kind kind, std::string message) const {
    if (on_event) on_event({kind, std::move(message)});
  }

  const policy::Policy policy;
  const IdentitySources sources;
  Clock& clock;
  const std::unique_ptr<store::Store> store;
  const std::unique_ptr<store::Store> local_store;  // for OnStoreFailure::local
  const OnEvent on_event;
  Duration budget = 250ms;
  CircuitBreaker breaker;
  std::once_flag checked;  // the store, before the first decision

  // Never grows past what was reserved, so rules do not move while decisions read them: who holds a
  // handle was given it after its rule was complete. The first `of_policy` are the policy's own.
  std::mutex adding;  // guards by_id and the end of rules
  std::unordered_map<std::string, std::size_t> by_id;
  std::vector<CompiledRule> rules;
  std::size_t of_policy = 0;
};

Limiter::Limiter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Limiter::~Limiter() = default;

const policy::Policy& Limiter::policy() const {
  return parts_->policy;
}

Result<std::unique_ptr<Limiter>> Limiter::make(policy::Policy policy, Dependencies dependencies) {
  WEIR_CHECK(dependencies.store != nullptr);
  if (policy.pepper.empty()) {
    if (!std::holds_alternative<policy::MemoryStore>(policy.store)) {
      return fail(ErrorCode::invalid_input, "a shared store needs a pepper and there is none",
                  "Set pepper to a secret that all nodes share");
    }
    policy.pepper = random_pepper();
  }
  Result<IdentitySources> sources = IdentitySources::make(policy.identity);
  if (!sources) return tl::unexpected(sources.error());
  std::vector<policy::Rule> rules = std::exchange(policy.rules, {});
  if (rules.size() > policy::kMaxRules)
    return fail(ErrorCode::limit_exceeded, "there are more than 256 rules", "Use fewer rules");
  Result<std::unique_ptr<store::MemoryStore>> local_store = store::MemoryStore::create({});
  if (!local_store) return tl::unexpected(local_store.error());
  auto parts = std::make_unique<Parts>(std::move(policy), *std::move(sources),
                                       std::move(dependencies), *std::move(local_store));
  std::unique_ptr<Limiter> limiter(new Limiter(std::move(parts)));
  for (policy::Rule& rule : rules) {
    const std::size_t before = limiter->parts_->rules.size();
    const std::string id = rule.id;
    const Result<RuleHandle> added = limiter->add_rule(std::move(rule));
    if (!added) return tl::unexpected(added.error());
    if (limiter->parts_->rules.size() == before)
      return fail(ErrorCode::invalid_input, "rule '" + id + "' is there twice", "Remove one");
  }
  limiter->parts_->of_policy = limiter->parts_->rules.size();
  return limiter;
}

Result<RuleHandle> Limiter::add_rule(policy::Rule rule) {
  if (Status status = policy::check_rule(rule); !status) return tl::unexpected(status.error());
  CompiledRule compiled(std::move(rule), parts_->policy);
  const std::lock_guard lock(parts_->adding);
  std::vector<CompiledRule>& rules = parts_->rules;
  const auto found = parts_->by_id.find(compiled.rule().id);
  if (found != parts_->by_id.end()) {
    if (rules[found->second].rule() == compiled.rule()) return RuleHandle(found->second);
    return fail(ErrorCode::invalid_input, named(compiled) + " is there already and says otherwise",
                "Give each rule an id of its own");
  }
  if (rules.size() == parts_->of_policy + policy::kMaxCodeRules)
    return fail(ErrorCode::limit_exceeded, "code adds more than 4096 rules", "Use fewer rules");
  parts_->by_id.emplace(compiled.rule().id, rules.size());
  rules.push_back(std::move(compiled));
  return RuleHandle(rules.size() - 1);
}

Status Limiter::check_store() {
  return parts_->check_store();
}

Decision Limiter::decide(const identity::Request& request) {
  std::array<const CompiledRule*, policy::kMaxRules> rules{};
  for (std::size_t index = 0; index < parts_->of_policy; ++index)
    rules[index] = &parts_->rules[index];
  return parts_->decide(request, std::span(rules).first(parts_->of_policy));
}

Decision Limiter::decide(const identity::Request& request, std::span<const RuleHandle> handles) {
  WEIR_CHECK(handles.size() <= policy::kMaxRules);
  std::array<const CompiledRule*, policy::kMaxRules> rules{};
  for (std::size_t i = 0; i < handles.size(); ++i)
    rules[i] = parts_->rules.data() + handles[i].index_;
  return parts_->decide(request, std::span(rules).first(handles.size()));
}

Result<std::optional<std::string_view>> Limiter::api_key(const identity::Request& request) const {
  return parts_->sources.api_key.find(request.headers);
}

Decision Limiter::Parts::decide(const identity::Request& request,
                                std::span<const CompiledRule* const> candidates) {
  Decision decision;
  Asker asker(request, sources);

  // Who is asking, for every rule, before anything is charged.
  std::vector<Ask> asks;
  for (const CompiledRule* rule : candidates) {
    if (!rule->matches(asker)) continue;
    const Result<Key> key = rule->key(asker);
    if (!key) {
      decision.verdict = Verdict::malformed;
      decision.rule = rule->rule().id;
      decision.reason = key.error().message;
      return decision;
    }
    asks.push_back(
        {.rule = rule, .request = {.key = *key, .limit = rule->limit(), .budget = budget}});
  }
  if (asks.empty()) return decision;

  std::call_once(checked, [this] { static_cast<void>(check_store()); });
  const Time now = clock.now();
  for (Ask& ask : asks) ask.request.now = now;

  // Several rules: one that is known to be full spares the others a charge and its return.
  if (asks.size() > 1) {
    for (Ask& ask : asks) {
      if (const auto known = store->known_refusal(ask.request)) ask.answer = known->charge;
    }
    if (std::any_of(asks.begin(), asks.end(), [](const Ask& ask) { return ask.answer; })) {
      refuse(asks, decision);
      return decision;
    }
  }

  // Charged from the narrowest to the widest: who is stopped by a narrow rule never touches the
  // counters that others share.
  std::array<std::uint16_t, policy::kMaxRules> order{};
  for (std::size_t i = 0; i < asks.size(); ++i) order[i] = static_cast<std::uint16_t>(i);
  const auto narrower = [&](std::uint16_t a, std::uint16_t b) {
    return std::pair(-asks[a].rule->narrowness(), a) < std::pair(-asks[b].rule->narrowness(), b);
  };
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(asks.size()), narrower);

  for (std::size_t i = 0; i < asks.size(); ++i) {
    Ask& ask = asks[order[i]];
    Answer answer = i == 0 || within_budget(ask) ? ask_store(ask) : Answer::undecided;
    if (answer == Answer::undecided) answer = follow_failure_policy(ask, decision);
    if (answer == Answer::admitted) continue;
    give_back(asks);
    if (answer == Answer::refused) {
      // The client must wait for all rules, so say the latest room that is known.
      for (Ask& other : asks) {
        if (other.answer) continue;
        if (const auto known = store->known_refusal(other.request)) other.answer = known->charge;
      }
      refuse(asks, decision);
      return decision;
    }
    break;
  }
  for (const Ask& ask : asks) {
    if (ask.answer) decision.quotas.push_back(quota_of(ask));
  }
  return decision;
}

// Fills `decision` from the rules that have no room.
void Limiter::Parts::refuse(std::span<Ask> asks, Decision& decision) {
  decision.verdict = Verdict::refused;
  for (const Ask& ask : asks) {
    if (!ask.answer) continue;
    decision.quotas.push_back(quota_of(ask));
    if (ask.answer->admitted) continue;
    const Duration wait = decision.quotas.back().next_room;
    if (wait <= decision.retry_after) continue;
    decision.retry_after = wait;
    decision.rule = ask.rule->rule().id;
    decision.reason = used_up(*ask.rule);
  }
}

// Leaves the call what earlier calls of the same decision have not used of the budget.
bool Limiter::Parts::within_budget(Ask& ask) {
  ask.request.budget = budget - (clock.now() - ask.request.now);
  return ask.request.budget > Duration::zero();
}

Status Limiter::Parts::check_store() {
  Status ready = store->check(kStartBudget);
  if (!ready) note_failure(ready.error());
  return ready;
}

void Limiter::Parts::note_failure(const Error& error) {
  if (!breaker.failed(clock.now(), is_about_the_whole_store(error))) return;
  tell(Event::Kind::store_failing,
       "the " + std::string(store->name()) + " store cannot decide: " + error.to_string());
}

Limiter::Parts::Answer Limiter::Parts::ask_store(Ask& ask) {
  if (!breaker.allows(ask.request.now)) return Answer::undecided;
  const Result<store::ChargeOutcome> outcome = store->charge(ask.request);
  if (!outcome) {
    note_failure(outcome.error());
    return Answer::undecided;
  }
  if (breaker.succeeded(ask.request.now)) {
    tell(Event::Kind::store_recovered, "the " + std::string(store->name()) +
                                           " store decides again, after " +
                                           std::to_string(breaker.failures()) + " failed calls");
  }
  ask.answer = outcome->charge;
  if (!outcome->charge.admitted) return Answer::refused;
  ask.charged = store.get();
  ask.slot = outcome->charge.slot;
  return Answer::admitted;
}

// The store could not decide. An outage is never a refusal: what is not admitted is unavailable.
Limiter::Parts::Answer Limiter::Parts::follow_failure_policy(Ask& ask, Decision& decision) {
  const policy::Rule& rule = ask.rule->rule();
  decision.degraded = true;
  Duration wait = kRetryUndecided;
  std::string reason = named(*ask.rule) + ": the store cannot decide";
  if (rule.on_store_failure == policy::OnStoreFailure::allow) return Answer::admitted;
  if (rule.on_store_failure == policy::OnStoreFailure::local) {
    store::ChargeRequest share = ask.request;
    share.limit = ask.rule->local_limit();
    const Result<store::ChargeOutcome> outcome = local_store->charge(share);
    if (outcome && outcome->charge.admitted) {
      ask.charged = local_store.get();
      ask.slot = outcome->charge.slot;
      return Answer::admitted;
    }
    if (outcome) {
      wait = outcome->charge.room_at - ask.request.now;
      reason += ", and this process has used up the share that it may admit alone";
    }
  }
  decision.verdict = Verdict::unavailable;
  decision.rule = rule.id;
  decision.reason = std::move(reason);
  decision.retry_after = std::max(wait, breaker.pause_left(clock.now()));
  return Answer::undecided;
}

// What was charged for a request that is not admitted after all. Tried once (store.h): a charge
// that cannot be returned stays, which costs its owner one admission and nobody a promise.
void Limiter::Parts::give_back(std::span<Ask> asks) {
  for (Ask& ask : asks) {
    if (ask.charged == nullptr) continue;
    if (ask.charged == store.get() && !within_budget(ask)) continue;
    const Status returned = ask.charged->give_back(ask.request, ask.slot);
    if (returned) ask.charged = nullptr;
  }
}

}  // namespace weir::engine
