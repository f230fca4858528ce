#include "engine/compiled_rule.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "identity/bounds.h"
#include "identity/method.h"
#include "identity/text.h"

namespace weir::engine {
namespace {

int narrowness_of(policy::KeyPart part) {
  switch (part) {
    case policy::KeyPart::user:
    case policy::KeyPart::api_key:
      return 4;
    case policy::KeyPart::client_ip:
      return 2;
    case policy::KeyPart::route:
      return 1;
  }
  return 0;
}

bool matches_method(std::string_view listed, std::string_view asked, std::string_view counted) {
  if (identity::equals_ignoring_case(listed, asked)) return true;
  return counted == "GET" && identity::counted_method(listed) == "GET";
}

bool matches_route(std::string_view listed, std::string_view route) {
  if (!listed.ends_with('*')) return listed == route;
  return route.starts_with(listed.substr(0, listed.size() - 1));
}

}  // namespace

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

Result<std::optional<std::string_view>> Asker::counted_api_key() {
  Result<std::optional<std::string_view>> key = api_key();
  if (!key) return key;
  const identity::KeyStanding needed =
      sources_.verify_api_key ? identity::KeyStanding::known : identity::KeyStanding::unchecked;
  if (request_.key_standing != identity::KeyStanding::known && request_.key_standing != needed)
    key->reset();
  return key;
}

CompiledRule::CompiledRule(policy::Rule rule, const policy::Policy& policy)
    : rule_(std::move(rule)),
      clock_error_(policy.decision_error()),
      zone_(rule_.time_zone.empty() ? TimeZone()
                                    : TimeZone::find(rule_.time_zone).value_or(TimeZone())),
      limit_(limit_of_count(rule_.limit.count)),
      local_limit_(local_share()),
      width_{.ipv4_prefix = rule_.ipv4_prefix.value_or(policy.identity.ipv4_prefix),
             .ipv6_prefix = rule_.ipv6_prefix.value_or(policy.identity.ipv6_prefix),
             .embedded_ipv4 = policy.identity.embedded_ipv4},
      prefix_(policy.pepper, policy.name_space, rule_.id) {
  // The order in which a policy lists the parts means nothing, so it must not make other counters.
  std::sort(rule_.key.begin(), rule_.key.end());
  for (const policy::KeyPart part : rule_.key) narrowness_ += narrowness_of(part);
}

// Under the rule's algorithm. Whatever lies between the clocks and real time makes a limit longer,
// never shorter.
limit::Limit CompiledRule::limit_of_count(std::int64_t count) const {
  static_assert(policy::kMaxDistinctValues == limit::kMaxDistinct);
  static_assert(policy::kMaxInFlight == limit::kMaxConcurrency);
  const Duration window = rule_.limit.window;
  switch (rule_.algorithm) {
    case policy::Algorithm::exact:
      break;
    case policy::Algorithm::gcra: {
      const std::int64_t burst = policy::burst_of(rule_);
      return rule_.strict ? limit::GcraLimit::strict(count, window, burst, clock_error_)
                          : limit::GcraLimit::per_window(count, window, burst, clock_error_);
    }
    case policy::Algorithm::fixed_window:
      return limit::FixedWindowLimit{.n = count};
    case policy::Algorithm::distinct:
      return limit::DistinctLimit{
          count, limit::Geometry::for_window(window, clock_error_, limit::kMaxDistinctSlots)};
    case policy::Algorithm::concurrency:
      return limit::ConcurrencyLimit{count, window + 2 * clock_error_};
  }
  return limit::WindowLimit{count, limit::Geometry::for_window(window, clock_error_)};
}

// The share is kept exactly, whatever the algorithm: its bound is then one number.
limit::Limit CompiledRule::local_share() const {
  const std::int64_t count = policy::local_count(rule_);
  if (counts_values() || counts_in_flight()) return limit_of_count(count);
  return limit::WindowLimit{count, limit::Geometry::for_window(rule_.limit.window, clock_error_)};
}

limit::Limit CompiledRule::limit(Time now) const {
  const auto* fixed = std::get_if<limit::FixedWindowLimit>(&limit_);
  if (fixed == nullptr) return limit_;
  if (rule_.calendar) {
    const CalendarWindow window = window_.at(now, *rule_.calendar, zone_);
    return limit::FixedWindowLimit{fixed->n, window.start, window.end};
  }
  const Time start = now - now.time_since_epoch() % rule_.limit.window;
  return limit::FixedWindowLimit{fixed->n, start, start + rule_.limit.window};
}

bool CompiledRule::matches(const Asker& asker) const {
  const auto& [methods, routes] = rule_.match;
  const bool method =
      methods.empty() || std::any_of(methods.begin(), methods.end(), [&](const auto& listed) {
        return matches_method(listed, asker.request().method, asker.method());
      });
  return method && (routes.empty() ||
                    std::any_of(routes.begin(), routes.end(), [&](const std::string& listed) {
                      return matches_route(listed, asker.request().route);
                    }));
}

Result<Key> CompiledRule::key(Asker& asker) const {
  identity::KeyTuple tuple = prefix_;
  for (const policy::KeyPart part : rule_.key) {
    if (Status status = add_part(tuple, part, asker); !status)
      return tl::unexpected(status.error());
  }
  return tuple.key();
}

// Each name below fixes how many values follow it, which is what makes the tuple readable.
Status CompiledRule::add_part(identity::KeyTuple& tuple, policy::KeyPart part, Asker& asker) const {
  switch (part) {
    case policy::KeyPart::client_ip:
      return add_network(tuple, "client_ip", asker);
    case policy::KeyPart::api_key: {
      const Result<std::optional<std::string_view>> key = asker.counted_api_key();
      if (!key) return tl::unexpected(key.error());
      // Guessing keys buys nothing: all that nobody vouches for share one counter per network.
      if (!*key) return add_network(tuple, "api_key.none", asker);
      tuple.add("api_key");
      tuple.add(**key);
      return {};
    }
    case policy::KeyPart::user: {
      const Result<std::optional<std::string_view>> user = asker.user();
      if (!user) return tl::unexpected(user.error());
      if (!*user) return add_network(tuple, "user.anonymous", asker);
      tuple.add("user");
      tuple.add(**user);
      return {};
    }
    case policy::KeyPart::route:
      if (asker.request().route.size() > identity::kMaxRouteLength)
        return fail(ErrorCode::invalid_input, "the route template is longer than 1024 bytes");
      tuple.add("route");
      tuple.add(asker.method());
      tuple.add(asker.request().route);
      return {};
  }
  return fail(ErrorCode::internal, "a rule counts by something unknown");
}

Result<std::optional<std::uint64_t>> CompiledRule::value(Asker& asker) const {
  identity::KeyTuple tuple = prefix_;
  // No part of a key has this name, so no value can be taken for a key.
  tuple.add("distinct");
  if (rule_.distinct == policy::KeyPart::api_key || rule_.distinct == policy::KeyPart::user) {
    // Keys that nobody knows are values as well: who guesses runs out of guesses.
    const Result<std::optional<std::string_view>> found =
        rule_.distinct == policy::KeyPart::user ? asker.user() : asker.api_key();
    if (!found) return tl::unexpected(found.error());
    if (!*found) return std::nullopt;
    tuple.add(**found);
  } else if (Status status = add_part(tuple, *rule_.distinct, asker); !status) {
    return tl::unexpected(status.error());
  }
  return tuple.key().hash();
}

Status CompiledRule::add_network(identity::KeyTuple& tuple, std::string_view name,
                                 Asker& asker) const {
  const Result<Address> client = asker.client();
  if (!client) return tl::unexpected(client.error());
  const Address network = identity::client_network(*client, width_);
  std::array<char, 16> bytes{};
  std::memcpy(bytes.data(), network.bytes().data(), bytes.size());
  tuple.add(name);
  // 4 or 16 bytes, so that no IPv4 address equals an IPv6 one.
  tuple.add({bytes.data(), static_cast<std::size_t>(network.bits() / 8)});
  return {};
}

}  // namespace weir::engine
