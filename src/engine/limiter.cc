#include "engine/limiter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/container/small_vector.hpp>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/rng.h"
#include "engine/compiled_rule.h"
#include "engine/deciding.h"
#include "engine/guarded_store.h"
#include "engine/receipt.h"
#include "store/memory/memory_store.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRandomPepperLength = 32;
constexpr Duration kMemoryBudget = 250ms;  // what a store without a network is asked with

std::string random_pepper() {
  std::array<std::byte, kRandomPepperLength> bytes{};
  base::fill_entropy(bytes);
  std::string pepper;
  for (const std::byte byte : bytes) pepper += static_cast<char>(byte);
  return pepper;
}

// Charges `rest` as far as there is room; what there was none for.
std::int64_t charge_rest(const Charged& charged, store::ChargeRequest request, std::int64_t rest) {
  constexpr int kTries = 4;  // room may be taken by others between two of them
  std::int64_t fits = limit::largest_cost(request.limit);
  for (int i = 0; i < kTries && rest > 0; ++i) {
    request.cost = std::min(rest, fits);
    if (request.cost < 1) break;
    const Result<store::ChargeOutcome> outcome = charged.store->charge(request);
    if (!outcome) break;
    if (outcome->charge.admitted) {
      rest -= request.cost;
    } else {
      fits = outcome->charge.remaining;
    }
  }
  return rest;
}

}  // namespace

struct Limiter::Parts {
  Parts(policy::Policy the_policy, IdentitySources the_sources, Dependencies dependencies,
        std::unique_ptr<store::Store> the_local_store)
      : policy(std::move(the_policy)),
        sources(std::move(the_sources)),
        clock(dependencies.clock),
        store(std::move(dependencies.store), dependencies.clock, std::move(dependencies.on_event)),
        local_store(std::move(the_local_store)),
        next_request(base::entropy_seed()),
        request_prefix(policy.pepper, policy.name_space, "request_id"),
        deny(policy.deny),
        allow(policy.allow),
        deciding{.sources = sources,
                 .clock = clock,
                 .store = store,
                 .local_store = *local_store,
                 .memory = memory,
                 .request_prefix = request_prefix,
                 .deny = deny,
                 .allow = allow,
                 .list_width = {.ipv4_prefix = 32,
                                .ipv6_prefix = 128,
                                .embedded_ipv4 = policy.identity.embedded_ipv4},
                 .budget = kMemoryBudget,
                 .owner = this} {
    rules.reserve(policy::kMaxRules + policy::kMaxCodeRules);
    deciding.budget = policy.store_budget();
  }

  Decision decide(const identity::Request& request, std::span<const Candidate> candidates,
                  const Told& told);
  Decision decide(const identity::Request& request, std::span<const AskedRule> asked,
                  const Told& told);
  // Where the rule stands from now on. Holds `adding`.
  Result<std::size_t> append(const std::string& name, CompiledRule compiled);
  // What is still to be given back or charged may take as long as a decision.
  void set_present(store::ChargeRequest& request) const {
    request.now = clock.now();
    request.budget = deciding.budget;
  }

  const policy::Policy policy;
  const IdentitySources sources;
  Clock& clock;
  GuardedStore store;
  const std::unique_ptr<store::Store> local_store;  // for OnStoreFailure::local
  std::once_flag checked;                           // the store, before the first decision
  // Ids of requests in flight: from a random start, so that those of two nodes do not meet.
  std::atomic<std::uint64_t> next_request;
  RequestMemory memory;
  const identity::KeyTuple request_prefix;
  const WhoList deny;
  const WhoList allow;
  std::unique_ptr<Penalties> penalties;  // if a rule has one; made before that rule is
  DecidingParts deciding;

  // Never grows past what was reserved, so rules do not move while decisions read them: who holds a
  // handle was given it after its rule was complete. The policy's own come first.
  std::mutex adding;                                   // guards by_id and the end of rules
  std::unordered_map<std::string, std::size_t> by_id;  // by_id and limit: with_limit()
  std::vector<CompiledRule> rules;
  std::vector<Candidate> of_policy;
};

Limiter::Limiter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Limiter::~Limiter() = default;

const policy::Policy& Limiter::policy() const {
  return parts_->policy;
}

Result<std::unique_ptr<Limiter>> Limiter::make(policy::Policy policy, Dependencies dependencies) {
  WEIR_CHECK(dependencies.store != nullptr);
  if (policy.pepper.empty()) {
    const std::string_view of_store = dependencies.store->pepper();
    const bool is_alone = std::holds_alternative<policy::MemoryStore>(policy.store);
    if (of_store.empty() && !is_alone) {
      return fail(ErrorCode::invalid_input,
                  "a store that nodes share needs a pepper and there is none",
                  "Set pepper to a secret that all nodes share");
    }
    policy.pepper = of_store.empty() ? random_pepper() : std::string(of_store);
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
  for (const CompiledRule& rule : limiter->parts_->rules)
    limiter->parts_->of_policy.push_back({&rule});
  return limiter;
}

Result<RuleHandle> Limiter::add_rule(policy::Rule rule) {
  if (Status status = policy::check_rule(rule); !status) return tl::unexpected(status.error());
  for (const policy::Override& by : rule.overrides) {
    const policy::IdentityConfig& identity = parts_->policy.identity;
    if (Status fits =
            policy::check_override_width(rule, by, identity.ipv4_prefix, identity.ipv6_prefix);
        !fits)
      return tl::unexpected(fits.error());
  }
  CompiledRule compiled(std::move(rule), parts_->policy);
  const std::lock_guard lock(parts_->adding);
  std::vector<CompiledRule>& rules = parts_->rules;
  const auto found = parts_->by_id.find(compiled.rule().id);
  if (found != parts_->by_id.end()) {
    if (rules[found->second].rule() == compiled.rule()) return RuleHandle(found->second);
    return fail(ErrorCode::invalid_input,
                "rule '" + compiled.rule().id + "' is there already and says otherwise",
                "Give each rule an id of its own");
  }
  if (compiled.rule().penalty && parts_->penalties == nullptr) {
    Result<std::unique_ptr<Penalties>> made = Penalties::make();
    if (!made) return tl::unexpected(made.error());
    parts_->penalties = *std::move(made);
    parts_->deciding.penalties = parts_->penalties.get();
  }
  const std::string id = compiled.rule().id;
  const Result<std::size_t> index = parts_->append(id, std::move(compiled));
  if (!index) return tl::unexpected(index.error());
  return RuleHandle(*index);
}

Result<std::size_t> Limiter::Parts::append(const std::string& name, CompiledRule compiled) {
  if (rules.size() == of_policy.size() + policy::kMaxCodeRules)
    return fail(ErrorCode::limit_exceeded, "code adds more than 4096 rules", "Use fewer rules");
  by_id.emplace(name, rules.size());
  rules.push_back(std::move(compiled));
  return rules.size() - 1;
}

Result<RuleHandle> Limiter::with_limit(RuleHandle handle, std::string_view limit) {
  policy::Rule rule = parts_->rules[handle.index_].rule();
  const Result<policy::Quota> quota = policy::parse_quota(limit, rule.algorithm);
  if (!quota) return tl::unexpected(quota.error());
  rule = policy::overridden(rule, {.who = {}, .limit = quota->rate, .calendar = quota->calendar});
  if (Status status = policy::check_rule(rule); !status) return tl::unexpected(status.error());
  // No id holds a space.
  const std::string name = rule.id + " " + policy::format_quota(rule);
  const std::lock_guard lock(parts_->adding);
  if (const auto found = parts_->by_id.find(name); found != parts_->by_id.end())
    return RuleHandle(found->second);
  const Result<std::size_t> index =
      parts_->append(name, CompiledRule(std::move(rule), parts_->policy));
  if (!index) return tl::unexpected(index.error());
  return RuleHandle(*index);
}

Status Limiter::check_store() {
  return parts_->store.check(kStartBudget);
}

Decision Limiter::decide(const identity::Request& request, DecisionRecord* record) {
  return parts_->decide(request, parts_->of_policy, {.record = record});
}

Decision Limiter::decide(const identity::Request& request, std::span<const AskedRule> asked,
                         DecisionRecord* record) {
  return parts_->decide(request, asked, {.record = record});
}

Decision Limiter::decide(const identity::Request& request, std::span<const AskedRule> asked,
                         std::vector<RuleAnswer>& answers) {
  answers.assign(asked.size(), {});
  return parts_->decide(request, asked, {.answers = &answers});
}

Decision Limiter::Parts::decide(const identity::Request& request, std::span<const AskedRule> asked,
                                const Told& told) {
  WEIR_CHECK(asked.size() <= policy::kMaxRules);
  boost::container::small_vector<Candidate, 8> candidates;
  for (const auto& [handle, subject, cost] : asked)
    candidates.push_back({rules.data() + handle.index_, subject, cost});
  return decide(request, {candidates.data(), candidates.size()}, told);
}

Result<Limiter::Forgotten> Limiter::forget(const identity::Request& request,
                                           const AskedRule& asked) {
  const CompiledRule& rule = parts_->rules[asked.rule.index_];
  const Result<std::optional<std::string_view>> api_key = this->api_key(request);
  if (!api_key) return tl::unexpected(api_key.error());
  const auto says = [&](policy::KeyPart part) {
    switch (part) {
      case policy::KeyPart::client_ip:
        return !request.peer.empty();
      case policy::KeyPart::api_key:
        return api_key->has_value();
      case policy::KeyPart::user:
        return request.user.has_value();
      case policy::KeyPart::route:
        return !request.route.empty();
    }
    return false;
  };
  if (!std::ranges::all_of(rule.rule().key, says)) return Forgotten::not_asked;
  Asker asker(request, parts_->sources);
  const Result<Key> key = rule.key(asker, asked.subject);
  if (!key) return tl::unexpected(key.error());
  const Result<bool> forgotten = parts_->store.store().forget(*key, kStartBudget);
  if (!forgotten) return tl::unexpected(forgotten.error());
  return *forgotten ? Forgotten::counts : Forgotten::nothing;
}

Result<std::optional<std::string_view>> Limiter::api_key(const identity::Request& request) const {
  return parts_->sources.api_key.find(request.headers);
}

Result<Address> Limiter::client(const identity::Request& request) const {
  const policy::IdentityConfig& identity = parts_->policy.identity;
  const Result<Address> client = Asker(request, parts_->sources).client();
  if (!client) return tl::unexpected(client.error());
  return identity::client_network(*client, {.ipv4_prefix = identity.ipv4_prefix,
                                            .ipv6_prefix = identity.ipv6_prefix,
                                            .embedded_ipv4 = identity.embedded_ipv4});
}

Decision Limiter::Parts::decide(const identity::Request& request,
                                std::span<const Candidate> candidates, const Told& told) {
  Decision decision;
  if (!policy::check_cost(request.cost)) {
    decision.verdict = Verdict::malformed;
    decision.reason = "the cost of a request is not from 1 to 10^15";
    return decision;
  }
  if (!candidates.empty())
    std::call_once(checked, [this] { static_cast<void>(store.check(kStartBudget)); });
  // Relaxed: the number is all that matters.
  return Deciding(deciding, request, told)
      .decide(candidates, next_request.fetch_add(1, std::memory_order_relaxed));
}

void Limiter::finish(const Decision& decision) {
  if (!decision.receipt || !decision.receipt->is_of(parts_.get())) return;
  for (Charged& place : decision.receipt->take_places()) {
    parts_->set_present(place.request);
    // A place that cannot be given back is free when its hold ends.
    static_cast<void>(place.store->give_back(place.request, place.slot));
  }
}

std::int64_t Limiter::settle(const Decision& decision, std::int64_t actual) {
  WEIR_CHECK(actual >= 0 && actual <= kMaxCount);
  if (!decision.receipt || !decision.receipt->is_of(parts_.get())) return 0;
  std::int64_t unpaid = 0;
  for (Charged& estimate : decision.receipt->take_estimates()) {
    const std::int64_t charged = estimate.request.cost;
    parts_->set_present(estimate.request);
    if (actual < charged) {
      estimate.request.cost = charged - actual;
      // What cannot be given back stays charged.
      static_cast<void>(estimate.store->give_back(estimate.request, estimate.slot));
    } else if (actual > charged) {
      unpaid = std::max(unpaid, charge_rest(estimate, estimate.request, actual - charged));
    }
  }
  return unpaid;
}

}  // namespace weir::engine
