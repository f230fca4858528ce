// Deciding: one decision about one request, from its rules to what stays charged.
//
// Before all rules, the policy's lists: who is denied or allowed there is not counted at all.
// Then the order is what makes it all or none:
// 1. who is asking, for every rule, before anything is charged;
// 2. refusals that are known without asking the store;
// 3. charges, from the narrowest rule to the widest, so that who is stopped by a narrow rule never
//    touches the counters that others share; rules that count different values come last, because a
//    sight cannot be taken back (limit/distinct.h);
// 4. if one refuses or cannot be decided, the others get back what they were charged, once.
//
// Shadow rules are asked when all this is over, each as if it stood alone: they neither refuse nor
// are spared by a refusal, and what they were charged stays, so that they say what they would do.
//
// Thread safety: one object belongs to one decision.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <span>
#include <vector>

#include "engine/compiled_rule.h"
#include "engine/decision_record.h"
#include "engine/guarded_store.h"
#include "engine/penalties.h"
#include "engine/receipt.h"
#include "engine/request_memory.h"
#include "identity/key_tuple.h"
#include "identity/request.h"
#include "weir/decision.h"

namespace weir::engine {

// What decisions of one limiter share.
struct DecidingParts {
  const IdentitySources& sources;
  Clock& clock;
  GuardedStore& store;
  store::Store& local_store;  // for OnStoreFailure::local
  RequestMemory& memory;
  const identity::KeyTuple& request_prefix;  // of the keys in `memory`
  const WhoList& deny;
  const WhoList& allow;
  identity::ClientWidth list_width;  // addresses whole, as lists name them
  Duration budget{};                 // for all store calls of one decision
  Penalties* penalties = nullptr;    // if a rule has one
  const void* owner = nullptr;       // of receipts
};

struct RuleAnswer;

// What is told of a decision besides itself; filled if it is there.
struct Told {
  DecisionRecord* record = nullptr;
  std::vector<RuleAnswer>* answers = nullptr;  // one a candidate
};

class Deciding {
 public:
  Deciding(const DecidingParts& parts, const identity::Request& request, const Told& told)
      : parts_(parts),
        asker_(request, parts.sources),
        record_(told.record),
        answers_(told.answers) {}

  // request_id: the request's own, among all that any node decides.
  Decision decide(std::span<const Candidate> candidates, std::uint64_t request_id);

 private:
  // One rule in this decision.
  struct Ask {
    const CompiledRule* rule = nullptr;
    std::string_view subject = {};
    std::size_t place = 0;  // among the candidates
    bool is_look = false;   // what it admits is given back
    const Terms* terms = nullptr;
    RuleRecord::State state = RuleRecord::State::not_asked;
    store::ChargeRequest request = {};
    std::optional<limit::Charge> answer = {};  // of the policy's own store
    store::Store* charged = nullptr;           // the store that admitted it and can take it back,
    std::int64_t slot = 0;                     // from this slot

    Candidate candidate() const { return {rule, subject}; }
  };
  enum class Answer { admitted, refused, undecided };

  using Asks = boost::container::small_vector<Ask, 4>;

  void decide_once();
  void decide_anew();
  Key request_key() const;
  bool is_listed();
  bool find_penalties();
  void ask_shadows();
  void write_record();
  void write_answers();
  void count_refusal(const Ask& ask);
  bool collect(std::span<const Candidate> candidates, std::uint64_t request_id);
  bool find_known_refusals();
  void charge_all();
  Answer charge(Ask& ask);
  Answer follow_failure_policy(Ask& ask);
  void refuse();
  void give_back();
  void give_back(Ask& ask);
  void give_back_looks(Asks& asks);
  void make_receipt(const Asks& asks);
  Duration budget_left() const {
    return parts_.budget - asker_.request().waited - (parts_.clock.now() - now_);
  }
  QuotaStatus quota_of(const Ask& ask) const;

  const DecidingParts& parts_;
  Asker asker_;
  Time now_{};
  Asks asks_;
  Asks shadows_;
  DecisionRecord* record_;
  std::vector<RuleAnswer>* answers_;
  Decision decision_;
};

}  // namespace weir::engine
