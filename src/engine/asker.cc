#include "engine/asker.h"

#include "identity/bounds.h"
#include "identity/method.h"

namespace weir::engine {

Result<IdentitySources> IdentitySources::make(const policy::IdentityConfig& config) {
  Result<identity::ApiKeyField> api_key =
      identity::ApiKeyField::make(config.api_key.header, config.api_key.pattern);
  if (!api_key) return tl::unexpected(api_key.error());
  return IdentitySources{
      .proxies = {.networks = config.trusted_proxies,
                  .unix_peer = config.trust_unix_peer,
                  .read_x_forwarded_for = config.proxy_field != policy::ProxyField::forwarded,
                  .read_forwarded = config.proxy_field != policy::ProxyField::x_forwarded_for},
      .api_key = *std::move(api_key),
      .verify_api_key = config.api_key.verify == policy::Verify::required};
}

Asker::Asker(const identity::Request& request, const IdentitySources& sources)
    : request_(request), sources_(sources), method_(identity::counted_method(request.method)) {}

Result<Address> Asker::client() {
  if (!client_) client_ = identity::client_address(request_, sources_.proxies);
  return *client_;
}

Result<std::optional<std::string_view>> Asker::api_key() {
  return sources_.api_key.find(request_.headers);
}

Result<std::optional<std::string_view>> Asker::user() const {
  const std::optional<std::string_view>& user = request_.user;
  if (!user || user->empty()) return std::nullopt;
  if (user->size() > identity::kMaxUserLength)
    return fail(ErrorCode::invalid_input, "the user's name is longer than 512 bytes");
  return user;
}

bool Asker::counts_api_key() const {
  return request_.key_standing == identity::KeyStanding::known ||
         (request_.key_standing == identity::KeyStanding::unchecked && !sources_.verify_api_key);
}

Result<std::optional<std::string_view>> Asker::counted_api_key() {
  Result<std::optional<std::string_view>> key = api_key();
  if (key && !counts_api_key()) key->reset();
  return key;
}

Result<std::optional<Sha256>> Asker::api_key_digest() {
  if (!digest_) {
    const Result<std::optional<std::string_view>> key = api_key();
    if (!key) return tl::unexpected(key.error());
    if (!*key) return std::nullopt;
    digest_ = sha256(**key);
  }
  return digest_;
}

}  // namespace weir::engine
