// Asker: what is known about one request's sender, found out when somebody first wants it.
//
// Thread safety: an Asker belongs to one decision; IdentitySources are const once made.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"
#include "identity/api_key.h"
#include "identity/client_address.h"
#include "identity/request.h"
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
  // The same keys, as policies name them.
  Result<std::optional<Sha256>> api_key_digest();
  bool counts_api_key() const;

 private:
  const identity::Request& request_;
  const IdentitySources& sources_;
  std::string_view method_;
  std::optional<Result<Address>> client_;
  std::optional<Sha256> digest_;
};

}  // namespace weir::engine
