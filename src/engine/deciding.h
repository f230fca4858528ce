// Deciding: one decision about one request, from its rules to what stays charged.
//
// The order is what makes it all or none:
// 1. who is asking, for every rule, before anything is charged;
// 2. refusals that are known without asking the store;
// 3. charges, from the narrowest rule to the widest, so that who is stopped by a narrow rule never
//    touches the counters that others share; rules that count different values come last, because a
//    sight cannot be taken back (limit/distinct.h);
// 4. if one refuses or cannot be decided, the others get back what they were charged, once.
//
// Thread safety: one object belongs to one decision.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <span>

#include "engine/compiled_rule.h"
#include "engine/guarded_store.h"
#include "engine/receipt.h"
#include "identity/request.h"
#include "weir/decision.h"

namespace weir::engine {

// What decisions of one limiter share.
struct DecidingParts {
  const IdentitySources& sources;
  Clock& clock;
  GuardedStore& store;
  store::Store& local_store;    // for OnStoreFailure::local
  Duration budget{};            // for all store calls of one decision
  const void* owner = nullptr;  // of receipts
};

class Deciding {
 public:
  Deciding(const DecidingParts& parts, const identity::Request& request)
      : parts_(parts), asker_(request, parts.sources) {}

  // request_id: the request's own, among all that any node decides.
  Decision decide(std::span<const CompiledRule* const> rules, std::uint64_t request_id);

 private:
  // One rule in this decision.
  struct Ask {
    const CompiledRule* rule = nullptr;
    store::ChargeRequest request = {};
    std::optional<limit::Charge> answer = {};  // of the policy's own store
    store::Store* charged = nullptr;           // the store that admitted it and can take it back,
    std::int64_t slot = 0;                     // from this slot
  };
  enum class Answer { admitted, refused, undecided };

  bool collect(std::span<const CompiledRule* const> rules, std::uint64_t request_id);
  bool find_known_refusals();
  void charge_all();
  Answer charge(Ask& ask);
  Answer follow_failure_policy(Ask& ask);
  void refuse();
  void give_back();
  void make_receipt();
  Duration budget_left() const { return parts_.budget - (parts_.clock.now() - now_); }
  QuotaStatus quota_of(const Ask& ask) const;

  const DecidingParts& parts_;
  Asker asker_;
  Time now_{};
  boost::container::small_vector<Ask, 4> asks_;
  Decision decision_;
};

}  // namespace weir::engine
