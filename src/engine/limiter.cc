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
        deciding{sources, clock, store, *local_store, kMemoryBudget, this} {
    rules.reserve(policy::kMaxRules + policy::kMaxCodeRules);
    deciding.budget = policy.store_budget();
  }

  Decision decide(const identity::Request& request, std::span<const CompiledRule* const> rules);
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
  DecidingParts deciding;

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
    return fail(ErrorCode::invalid_input,
                "rule '" + compiled.rule().id + "' is there already and says otherwise",
                "Give each rule an id of its own");
  }
  if (rules.size() == parts_->of_policy + policy::kMaxCodeRules)
    return fail(ErrorCode::limit_exceeded, "code adds more than 4096 rules", "Use fewer rules");
  parts_->by_id.emplace(compiled.rule().id, rules.size());
  rules.push_back(std::move(compiled));
  return RuleHandle(rules.size() - 1);
}

Status Limiter::check_store() {
  return parts_->store.check(kStartBudget);
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
  if (!policy::check_cost(request.cost)) {
    decision.verdict = Verdict::malformed;
    decision.reason = "the cost of a request is not from 1 to 10^15";
    return decision;
  }
  if (candidates.empty()) return decision;
  std::call_once(checked, [this] { static_cast<void>(store.check(kStartBudget)); });
  // Relaxed: the number is all that matters.
  return Deciding(deciding, request)
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

}  // namespace weir::engine
