// CompiledRule: one rule of a policy, ready to match requests and to make their stored keys.
//
// Thread safety: const once made; may be used from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/key.h"
#include "base/result.h"
#include "engine/asker.h"
#include "engine/who_list.h"
#include "engine/window_cache.h"
#include "identity/client_address.h"
#include "identity/key_tuple.h"
#include "limit/limit.h"
#include "policy/policy.h"

namespace weir::engine {

// How much a rule lets pass, for those of whom an override says nothing else, or for whom it does.
struct Terms {
  policy::Rule rule;   // as it is for them
  limit::Limit limit;  // fixed_window: without its window
  limit::Limit local;  // what this process may admit alone while the store cannot decide
  TimeZone zone = {};
  WindowCache window = {};  // of a calendar limit

  limit::Limit limit_at(Time now) const;
};

class CompiledRule {
 public:
  CompiledRule(policy::Rule rule, const policy::Policy& policy);

  const policy::Rule& rule() const { return rule_; }
  // What it lets pass for who is asking.
  Result<const Terms*> terms(Asker& asker) const;
  // For those whom no override names.
  const Terms& usual_terms() const { return terms_; }
  // What one request uses up of the limit.
  std::int64_t cost(const identity::Request& request) const {
    return rule_.cost.value_or(request.cost);
  }
  bool counts_values() const { return rule_.algorithm == policy::Algorithm::distinct; }
  bool counts_in_flight() const { return rule_.algorithm == policy::Algorithm::concurrency; }
  // How few senders share one counter, as a rank: a rule by user or API key is narrower than one by
  // address, that than one by route, that than one over everybody.
  int narrowness() const { return narrowness_; }

  bool matches(const Asker& asker) const;

  // Whose counter the request is charged to; `subject` as in AskedRule (engine/limiter.h). An Error
  // makes the request malformed.
  Result<Key> key(Asker& asker, std::string_view subject) const;

  // distinct: the keyed hash of the value that the request brings; nullopt: it brings none, so the
  // rule has nothing to say about it.
  Result<std::optional<std::uint64_t>> value(Asker& asker) const;

  // For penalties: refusals of this rule are counted by key and client network, so that nobody is
  // made to wait for what a stranger does with the same key. `purpose` keeps the counters apart.
  Result<Key> penalty_key(Asker& asker, std::string_view subject, std::string_view purpose) const;

  // The key in clear, "client_ip=203.0.113.0/24 user=alice", if the policy lets it be told.
  std::string key_text(Asker& asker) const;

 private:
  Status add_parts(identity::KeyTuple& tuple, Asker& asker, std::string_view subject) const;
  Status add_part(identity::KeyTuple& tuple, policy::KeyPart part, Asker& asker) const;
  Status add_network(identity::KeyTuple& tuple, std::string_view name, Asker& asker) const;

  policy::Rule rule_;
  Terms terms_;
  std::vector<Terms> override_terms_;
  WhoList overrides_;
  identity::ClientWidth width_;
  identity::KeyTuple prefix_;
  int narrowness_ = 0;
};

// A rule that one request is held to, whose counter it is besides the rule's key, and at what cost.
struct Candidate {
  const CompiledRule* rule = nullptr;
  std::string_view subject = {};
  std::optional<std::int64_t> cost = {};  // as in AskedRule

  int narrowness() const;
};

}  // namespace weir::engine
