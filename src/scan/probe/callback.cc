#include "scan/probe/callback.h"

#include <algorithm>
#include <atomic>

#include "scan/probe/message.h"

namespace weir::scan {
namespace {

constexpr std::string_view kPrefix = "/weir/";
constexpr std::string_view kTo = "/to/";
constexpr std::size_t kMaxTokenBytes = 64;

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

}  // namespace

Callback::Callback(std::string base, std::vector<std::string> secrets)
    : base_(std::move(base)), secrets_(std::move(secrets)) {}

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
          return !secret.empty() && text.find(secret) != std::string_view::npos;
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
                                                           std::string_view advertised,
                                                           std::vector<std::string> secrets) {
  std::unique_ptr<HttpCallback> made(new HttpCallback);
  // The port is known only once it listens; what comes before the callback is there is turned away.
  auto ready = std::make_shared<std::atomic<Callback*>>(nullptr);
  auto server = net::HttpServer::listen(
      address, {.max_connections = 64},
      [ready](const net::ServerRequest& request, net::Answer answer) {
        Callback* const callback = ready->load();
        answer(callback == nullptr ? net::ServerResponse{503, {}, ""} : callback->answer(request));
      });
  if (!server) return tl::unexpected(server.error());
  const std::string host =
      advertised.empty() ? (*server)->address().to_string() : std::string(advertised);
  made->callback_ = std::make_unique<Callback>("http://" + host, std::move(secrets));
  made->server_ = *std::move(server);
  ready->store(made->callback_.get());
  return made;
}

}  // namespace weir::scan
