// Limiter: one policy, deciding requests. What the front ends (Django, the daemon) call.
//
// Promises:
// - A request is admitted only if every rule that it matches has room, and then each is charged
//   once. A request that is not admitted leaves no charge behind, as far as the store can be
//   reached.
// - Who is asking is found out before anything is charged: a malformed identifier creates no
//   counter.
// - A store that fails never makes a refusal. The rule's failure policy decides, and the decision
//   says so.
// - No reason and no event holds an identifier.
//
// Thread safety: every member may be called from any thread at once.
//
//   Result<std::unique_ptr<engine::Limiter>> limiter =
//       engine::Limiter::make(std::move(policy), {.clock = clock, .store = std::move(store)});
//   Decision decision = (*limiter)->decide({.peer = "203.0.113.7", .method = "GET",
//                                           .route = "/users/{id}"});
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "engine/decision_record.h"
#include "engine/event.h"
#include "identity/request.h"
#include "policy/policy.h"
#include "store/store.h"
#include "weir/clock.h"
#include "weir/decision.h"

namespace weir::engine {

struct Dependencies {
  Clock& clock;
  std::unique_ptr<store::Store> store;
  // Called on the deciding thread, perhaps on several at once; must not call the limiter.
  OnEvent on_event = {};
};

// A rule of one limiter; see Limiter::add_rule.
class RuleHandle {
 public:
  friend bool operator==(const RuleHandle&, const RuleHandle&) = default;

 private:
  friend class Limiter;
  explicit RuleHandle(std::size_t index) : index_(index) {}
  std::size_t index_;
};

// A rule of code, as it is asked about one request.
struct AskedRule {
  RuleHandle rule;
  // What is counted apart besides the rule's key: what code knows and no policy can say, such as
  // the account that somebody wants to sign in to. Empty: nothing. Longer than 512 bytes:
  // malformed.
  std::string_view subject = {};
  // What the request uses up under this rule, 0 to 10^15, instead of its cost. 0: the rule is asked
  // as for 1, and what it admits is given back at once: a look.
  std::optional<std::int64_t> cost = {};
};

// What one asked rule says by itself.
struct RuleAnswer {
  RuleRecord::State state = RuleRecord::State::not_asked;
  // Unless the store could not decide, or the rule was not asked.
  std::optional<QuotaStatus> quota = {};
  // Until the request fits. If the rule refuses it; zero: it never will.
  Duration room_in{};
};

class Limiter {
 public:
  // Refuses a policy that cannot be kept: a bad rule, duplicate ids, or a shared store without a
  // pepper, neither its own nor the store's. Without a pepper the in-process store gets a random
  // one.
  static Result<std::unique_ptr<Limiter>> make(policy::Policy policy, Dependencies dependencies);
  ~Limiter();
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // Adds a rule that code names, such as a decorator's. It is asked only by its handle, never by
  // decide(request). Adding the same rule again (id and content) gives the same handle.
  Result<RuleHandle> add_rule(policy::Rule rule);

  // The same rule with another limit, spelled as in a policy, and the same counters: for code that
  // knows better how much somebody may. Its overrides fall away. Who asks sees to it that all
  // requests of one counter have the same limit; else each is held to its own, and the widest is
  // what passes at worst. Each limit is one of the kMaxCodeRules.
  Result<RuleHandle> with_limit(RuleHandle rule, std::string_view limit);

  // Whether the store is ready to decide: table, credentials, clock, connection. If not, on_event
  // hears of it, and decisions follow the failure policy until it is.
  //
  // The first decision of a limiter does this by itself, before its budget begins; meanwhile others
  // wait. It takes kStartBudget at most.
  static constexpr Duration kStartBudget = std::chrono::seconds(2);
  Status check_store();

  // Asks all rules of the policy that match. `record`, if there is one, is told what each said; a
  // decision without one costs nothing for it.
  Decision decide(const identity::Request& request, DecisionRecord* record = nullptr);

  // Asks the given rules, as far as they match, and no other. At most kMaxRules.
  Decision decide(const identity::Request& request, std::span<const AskedRule> rules,
                  DecisionRecord* record = nullptr);

  // The same, and what each rule says by itself: one answer a rule, in their order. For front ends
  // that tell it (Envoy's statuses).
  Decision decide(const identity::Request& request, std::span<const AskedRule> rules,
                  std::vector<RuleAnswer>& answers);

  // The request that this decision admitted is over: frees the places that it took in rules that
  // count requests in flight. To be called for every decision, however the request ended; does
  // nothing if there is nothing to free, or if it was called before. May wait for the store.
  void finish(const Decision& decision);

  // What a request came to whose cost was an estimate (Request.cost_is_estimate); once, later calls
  // do nothing. Under each rule that counted the estimate:
  // - less than it: the rest is given back;
  // - more: the rest is charged as far as there is room, since more than N in W is never charged.
  //   What there is no room for is returned: it was used and is not counted. So the promise holds
  //   for what requests use if the estimate is the most that one may use.
  // actual: 0 to 10^15. May wait for the store.
  std::int64_t settle(const Decision& decision, std::int64_t actual);

  // Forgets what a rule has counted of whom the request is from, whatever it matches, as if nothing
  // had been: for operators who let somebody in again. What that somebody was let through before is
  // then no longer counted, and other nodes repeat refusals that they know until their time is over
  // (store/store.h). Penalties go on until they end.
  enum class Forgotten {
    counts,     // there were some
    nothing,    // nothing was counted
    not_asked,  // the request does not say all that the rule counts by; nothing was changed
  };
  Result<Forgotten> forget(const identity::Request& request, const AskedRule& rule);

  // The API key that rules would count, for the application's verify hook; nullopt if there is
  // none. A view into the request. An Error if the field is malformed: decide() says so too.
  Result<std::optional<std::string_view>> api_key(const identity::Request& request) const;

  // The network that rules by client_ip count as one client. An Error if the request does not say
  // who that is: decide() says so too.
  Result<Address> client(const identity::Request& request) const;

  const policy::Policy& policy() const;

 private:
  struct Parts;
  explicit Limiter(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir::engine
