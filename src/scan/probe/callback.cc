#include "scan/probe/callback.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "base/address.h"
#include "scan/probe/message.h"

namespace weir::scan {
namespace {

constexpr std::string_view kPrefix = "/weir/";
constexpr std::string_view kTo = "/to/";
constexpr std::size_t kMaxTokenBytes = 64;
constexpr std::size_t kMinSecretBytes = 6;  // shorter ones stand anywhere by chance

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

// Loopback, private (RFC 1918, RFC 4193) and link-local addresses.
bool is_internal(const Address& address) {
  static constexpr std::array<const char*, 6> kNetworks = {
      "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"};
  return address.is_loopback() ||
         std::any_of(kNetworks.begin(), kNetworks.end(), [&](const char* text) {
           const auto network = Network::parse(text);
           return network && network->contains(address);
         });
}

}  // namespace

Callback::Callback(std::string base, std::vector<std::string> secrets, bool internal)
    : base_(std::move(base)), secrets_(std::move(secrets)), internal_(internal) {}

std::string Callback::url_of(std::string_view token) const {
  return base_ + std::string(kPrefix) + std::string(token);
}

std::string Callback::redirect_of(std::string_view token, std::string_view to) const {
  return url_of(token) + std::string(kTo) + std::string(to);
}

std::string Callback::content_of(std::string_view token) {
  // Not the token itself: an answer that repeats the URL would hold that as well.
  std::string turned(token.rbegin(), token.rend());
  return "weir-fetched-" + turned;
}

std::vector<Visit> Callback::visits(std::string_view token) const {
  const std::lock_guard lock(mutex_);
  std::vector<Visit> found;
  std::copy_if(visits_.begin(), visits_.end(), std::back_inserter(found),
               [&](const Visit& visit) { return visit.token == token; });
  return found;
}

net::ServerResponse Callback::answer(const net::ServerRequest& request) {
  std::string_view path = request.target.substr(0, request.target.find_first_of("?#"));
  if (!path.starts_with(kPrefix)) return {404, {}, ""};
  path.remove_prefix(kPrefix.size());
  const std::string_view token = path.substr(0, path.find('/'));
  if (!is_token(token)) return {404, {}, ""};
  Visit visit{std::string(token), std::string(request.method.substr(0, 16)), {}, false};
  for (const auto& [name, value] : request.fields) {
    if (same_name(name, "User-Agent")) visit.user_agent = value.substr(0, 100);
    visit.carried_secret =
        visit.carried_secret ||
        std::any_of(secrets_.begin(), secrets_.end(), [&, text = value](const std::string& secret) {
          return secret.size() >= kMinSecretBytes && text.find(secret) != std::string_view::npos;
        });
  }
  {
    const std::lock_guard lock(mutex_);
    if (visits_.size() == kMaxVisits) visits_.erase(visits_.begin());
    visits_.push_back(std::move(visit));
  }
  const std::string_view rest = path.substr(token.size());
  if (rest.starts_with(kTo) && is_token(rest.substr(kTo.size()))) {
    return {302, {{"Location", url_of(rest.substr(kTo.size()))}}, ""};
  }
  return {200, {{"Content-Type", "text/plain"}}, content_of(token)};
}

Result<std::unique_ptr<HttpCallback>> HttpCallback::listen(const net::ListenAddress& address,
                                                           std::vector<std::string> secrets) {
  std::unique_ptr<HttpCallback> made(new HttpCallback);
  // The port is known only once it listens; who comes before the callback is there is turned away.
  auto ready = std::make_shared<std::atomic<Callback*>>(nullptr);
  auto server = net::HttpServer::listen(
      address, {.max_connections = 64},
      [ready](const net::ServerRequest& request, const net::Answer& answer) {
        Callback* const callback = ready->load();
        answer(callback == nullptr ? net::ServerResponse{503, {}, ""} : callback->answer(request));
      });
  if (!server) return tl::unexpected(server.error());
  made->callback_ = std::make_unique<Callback>("http://" + (*server)->address().to_string(),
                                               std::move(secrets), is_internal(address.address));
  made->server_ = *std::move(server);
  ready->store(made->callback_.get());
  return made;
}

}  // namespace weir::scan
