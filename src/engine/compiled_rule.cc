#include "engine/compiled_rule.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/ascii.h"
#include "identity/bounds.h"
#include "identity/method.h"

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
  if (base::equals_ignoring_case(listed, asked)) return true;
  return counted == "GET" && identity::counted_method(listed) == "GET";
}

bool matches_route(std::string_view listed, std::string_view route) {
  if (!listed.ends_with('*')) return listed == route;
  return route.starts_with(listed.substr(0, listed.size() - 1));
}

// Whatever lies between the clocks and real time makes a limit longer, never shorter.
limit::Limit limit_of(const policy::Rule& rule, std::int64_t count, Duration clock_error) {
  static_assert(policy::kMaxDistinctValues == limit::kMaxDistinct);
  static_assert(policy::kMaxInFlight == limit::kMaxConcurrency);
  const Duration window = rule.limit.window;
  switch (rule.algorithm) {
    case policy::Algorithm::exact:
      break;
    case policy::Algorithm::gcra: {
      const std::int64_t burst = policy::burst_of(rule);
      return rule.strict ? limit::GcraLimit::strict(count, window, burst, clock_error)
                         : limit::GcraLimit::per_window(count, window, burst, clock_error);
    }
    case policy::Algorithm::fixed_window:
      return limit::FixedWindowLimit{.n = count};
    case policy::Algorithm::distinct:
      return limit::DistinctLimit{
          count, limit::Geometry::for_window(window, clock_error, limit::kMaxDistinctSlots)};
    case policy::Algorithm::concurrency:
      return limit::ConcurrencyLimit{count, window + 2 * clock_error};
  }
  return limit::WindowLimit{count, limit::Geometry::for_window(window, clock_error)};
}

// The share is kept exactly, whatever the algorithm: its bound is then one number.
limit::Limit local_share_of(const policy::Rule& rule, Duration clock_error) {
  const std::int64_t count = policy::local_count(rule);
  if (rule.algorithm == policy::Algorithm::distinct ||
      rule.algorithm == policy::Algorithm::concurrency)
    return limit_of(rule, count, clock_error);
  return limit::WindowLimit{count, limit::Geometry::for_window(rule.limit.window, clock_error)};
}

Terms terms_of(const policy::Rule& rule, Duration clock_error) {
  Terms terms{.rule = rule,
              .limit = limit_of(rule, rule.limit.count, clock_error),
              .local = local_share_of(rule, clock_error)};
  // check_rule() has made sure that there is such a zone.
  if (!rule.time_zone.empty()) terms.zone = TimeZone::find(rule.time_zone).value_or(TimeZone());
  return terms;
}

std::vector<policy::Somebody> named_in(const std::vector<policy::Override>& overrides) {
  std::vector<policy::Somebody> named;
  for (const policy::Override& by : overrides) named.push_back(by.who);
  return named;
}

}  // namespace

CompiledRule::CompiledRule(policy::Rule rule, const policy::Policy& policy)
    : rule_(std::move(rule)),
      terms_(terms_of(rule_, policy.decision_error())),
      overrides_(named_in(rule_.overrides)),
      width_{.ipv4_prefix = rule_.ipv4_prefix.value_or(policy.identity.ipv4_prefix),
             .ipv6_prefix = rule_.ipv6_prefix.value_or(policy.identity.ipv6_prefix),
             .embedded_ipv4 = policy.identity.embedded_ipv4},
      prefix_(policy.pepper, policy.name_space, rule_.id) {
  for (const policy::Override& by : rule_.overrides)
    override_terms_.push_back(terms_of(policy::overridden(rule_, by), policy.decision_error()));
  // The order in which a policy lists the parts means nothing, so it must not make other counters.
  std::sort(rule_.key.begin(), rule_.key.end());
  for (const policy::KeyPart part : rule_.key) narrowness_ += narrowness_of(part);
}

// Code that counts somebody apart means one, as a rule by user does.
int Candidate::narrowness() const {
  return rule->narrowness() + (subject.empty() ? 0 : narrowness_of(policy::KeyPart::user));
}

limit::Limit Terms::limit_at(Time now) const {
  const auto* fixed = std::get_if<limit::FixedWindowLimit>(&limit);
  if (fixed == nullptr) return limit;
  if (rule.calendar) {
    const CalendarWindow lies_in = window.at(now, *rule.calendar, zone);
    return limit::FixedWindowLimit{fixed->n, lies_in.start, lies_in.end};
  }
  const Time start = now - now.time_since_epoch() % rule.limit.window;
  return limit::FixedWindowLimit{fixed->n, start, start + rule.limit.window};
}

Result<const Terms*> CompiledRule::terms(Asker& asker) const {
  if (overrides_.empty()) return &terms_;
  const Result<std::optional<std::size_t>> found =
      overrides_.find(asker, width_, WhoList::Keys::counted);
  if (!found) return tl::unexpected(found.error());
  return *found ? &override_terms_[**found] : &terms_;
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

Result<Key> CompiledRule::key(Asker& asker, std::string_view subject) const {
  identity::KeyTuple tuple = prefix_;
  if (Status status = add_parts(tuple, asker, subject); !status)
    return tl::unexpected(status.error());
  return tuple.key();
}

Status CompiledRule::add_parts(identity::KeyTuple& tuple, Asker& asker,
                               std::string_view subject) const {
  for (const policy::KeyPart part : rule_.key) {
    if (Status status = add_part(tuple, part, asker); !status) return status;
  }
  if (subject.empty()) return {};
  if (subject.size() > identity::kMaxSubjectLength)
    return fail(ErrorCode::invalid_input, "what is counted apart is longer than 512 bytes");
  // No part of a key has this name.
  tuple.add("subject");
  tuple.add(subject);
  return {};
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

Result<Key> CompiledRule::penalty_key(Asker& asker, std::string_view subject,
                                      std::string_view purpose) const {
  identity::KeyTuple tuple = prefix_;
  // No part of a key has such a name.
  tuple.add(purpose);
  if (Status status = add_parts(tuple, asker, subject); !status)
    return tl::unexpected(status.error());
  if (Status status = add_network(tuple, "from", asker); !status)
    return tl::unexpected(status.error());
  return tuple.key();
}

std::string CompiledRule::key_text(Asker& asker) const {
  if (!rule_.log_keys) return {};
  std::string text;
  const auto add = [&](policy::KeyPart part, std::string_view value) {
    text += (text.empty() ? "" : " ") + std::string(to_string(part)) + "=" + std::string(value);
  };
  const auto add_named = [&](policy::KeyPart part,
                             const Result<std::optional<std::string_view>>& value) {
    if (value && *value) return add(part, **value);
    const Result<Address> client = asker.client();
    add(part, client ? "none@" + identity::client_network(*client, width_).to_string() : "none");
  };
  for (const policy::KeyPart part : rule_.key) {
    switch (part) {
      case policy::KeyPart::client_ip:
        if (const Result<Address> client = asker.client())
          add(part, identity::client_network(*client, width_).to_string());
        break;
      case policy::KeyPart::api_key:
        add_named(part, asker.counted_api_key());
        break;
      case policy::KeyPart::user:
        add_named(part, asker.user());
        break;
      case policy::KeyPart::route:
        add(part, std::string(asker.method()) + " " + std::string(asker.request().route));
        break;
    }
  }
  return text;
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
