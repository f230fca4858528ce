// Credentials: who Weir is to AWS, and where it learns that.
//
// The sources are asked in the order of AWS's own tools: environment, shared files (~/.aws), the
// container's endpoint (ECS, EKS Pod Identity), the instance's (EC2, IMDSv2). The first that has
// credentials serves. A source that is configured but broken ends the search with its error,
// rather than becoming somebody else without a word. Temporary credentials are renewed before they
// expire. Not supported yet: web identity, SSO, credential_process and assumed roles; a profile
// that asks for them is an error that says so.
//
// Thread safety: every member of CredentialChain may be called from any thread. While one thread
// renews, the others go on with what is still valid.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "net/http_client.h"
#include "weir/clock.h"

namespace weir::store {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;    // empty: long-term credentials
  std::optional<Time> expires;  // nullopt: never
  std::string source;           // "environment", "profile 'dev' in /root/.aws/credentials"
};

// One place that may have credentials: nullopt if it is not configured at all.
using CredentialSource = std::function<Result<std::optional<Credentials>>(Duration budget)>;

CredentialSource environment_credentials(Environment environment);
CredentialSource profile_credentials(Environment environment);
CredentialSource container_credentials(Environment environment, net::HttpCaller& http);
CredentialSource instance_credentials(Environment environment, net::HttpCaller& http);

class CredentialChain {
 public:
  // Renewed when less than this is left; AWS's endpoints hand out new ones at least 5 minutes
  // early.
  static constexpr Duration kRenewBefore = std::chrono::minutes(5);

  // All sources in AWS's order.
  CredentialChain(const Environment& environment, net::HttpCaller& http, Clock& clock);
  CredentialChain(std::vector<CredentialSource> sources, Clock& clock);

  Result<std::shared_ptr<const Credentials>> get(Duration budget);

  // AWS calls these expired: the next get() renews, unless another thread already did.
  void renew(const std::shared_ptr<const Credentials>& rejected);

 private:
  Result<std::shared_ptr<const Credentials>> find(Duration budget) const;

  const std::vector<CredentialSource> sources_;
  Clock& clock_;
  std::mutex mutex_;           // guards current_; never held while a source is asked
  std::timed_mutex renewing_;  // held while a source is asked
  std::shared_ptr<const Credentials> current_;
};

}  // namespace weir::store
