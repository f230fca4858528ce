// CompiledRule: one rule of a policy, ready to match requests and to make their stored keys.
// Asker: what is known about one request's sender, found out when a rule first wants it.
//
// Thread safety: a CompiledRule is const once made and may be used from any thread; an Asker
// belongs to one decision.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/calendar.h"
#include "base/key.h"
#include "base/result.h"
#include "engine/window_cache.h"
#include "identity/api_key.h"
#include "identity/client_address.h"
#include "identity/key_tuple.h"
#include "identity/request.h"
#include "limit/limit.h"
#include "policy/policy.h"

namespace weir::engine {

// How a policy wants senders to be known; common to all its rules.
struct IdentitySources {
  static Result<IdentitySources> make(const policy::IdentityConfig& config);

  identity::ProxyTrust proxies;
  identity::ApiKeyField api_key;
  bool verify_api_key = false;
};

class Asker {
 public:
  Asker(const identity::Request& request, const IdentitySources& sources);

  const identity::Request& request() const { return request_; }
  std::string_view method() const { return method_; }

  Result<Address> client();
  // The key that was sent, whether anybody knows it or not.
  Result<std::optional<std::string_view>> api_key();
  // The key that counts by itself; nullopt if there is none, or nobody knows it.
  Result<std::optional<std::string_view>> counted_api_key();
  // The authenticated principal; nullopt: anonymous.
  Result<std::optional<std::string_view>> user() const;

 private:
  const identity::Request& request_;
  const IdentitySources& sources_;
  std::string_view method_;
  std::optional<Result<Address>> client_;
};

class CompiledRule {
 public:
  CompiledRule(policy::Rule rule, const policy::Policy& policy);

  const policy::Rule& rule() const { return rule_; }
  limit::Limit limit(Time now) const;
  // What this process may admit alone while the store cannot decide.
  const limit::Limit& local_limit() const { return local_limit_; }
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

  // Whose counter the request is charged to. An Error makes the request malformed.
  Result<Key> key(Asker& asker) const;

  // distinct: the keyed hash of the value that the request brings; nullopt: it brings none, so the
  // rule has nothing to say about it.
  Result<std::optional<std::uint64_t>> value(Asker& asker) const;

 private:
  limit::Limit limit_of_count(std::int64_t count) const;
  limit::Limit local_share() const;
  Status add_part(identity::KeyTuple& tuple, policy::KeyPart part, Asker& asker) const;
  Status add_network(identity::KeyTuple& tuple, std::string_view name, Asker& asker) const;

  policy::Rule rule_;
  Duration clock_error_;
  TimeZone zone_;
  WindowCache window_;  // of a calendar limit
  limit::Limit limit_;  // fixed_window: without its window
  limit::Limit local_limit_;
  identity::ClientWidth width_;
  identity::KeyTuple prefix_;
  int narrowness_ = 0;
};

}  // namespace weir::engine
