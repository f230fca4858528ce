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

#include "base/key.h"
#include "base/result.h"
#include "identity/api_key.h"
#include "identity/client_address.h"
#include "identity/key_tuple.h"
#include "identity/request.h"
#include "limit/exact_window.h"
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
  // The key that counts by itself; nullopt if there is none, or nobody knows it.
  Result<std::optional<std::string_view>> counted_api_key();

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
  const limit::WindowLimit& limit() const { return limit_; }
  // What this process may admit alone while the store cannot decide.
  const limit::WindowLimit& local_limit() const { return local_limit_; }
  // How few senders share one counter, as a rank: a rule by user or API key is narrower than one by
  // address, that than one by route, that than one over everybody.
  int narrowness() const { return narrowness_; }

  bool matches(const Asker& asker) const;

  // Whose counter the request is charged to. An Error makes the request malformed.
  Result<Key> key(Asker& asker) const;

 private:
  Status add_part(identity::KeyTuple& tuple, policy::KeyPart part, Asker& asker) const;
  Status add_network(identity::KeyTuple& tuple, std::string_view name, Asker& asker) const;

  policy::Rule rule_;
  limit::WindowLimit limit_;
  limit::WindowLimit local_limit_;
  identity::ClientWidth width_;
  identity::KeyTuple prefix_;
  int narrowness_ = 0;
};

}  // namespace weir::engine
