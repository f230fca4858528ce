#include "serve/auth_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/pct_string_view.hpp>
#include <charconv>
#include <functional>
#include <set>

#include "base/duration.h"

namespace weir::serve {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Parameter {
  std::string key;
  std::string value;
};

Result<std::string> decoded(std::string_view text) {
  const auto checked = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!checked) return fail(ErrorCode::invalid_input, "the query has a '%' that encodes nothing");
  return std::string(checked->decode());
}

// The first of `query`, which loses it. A route template may have braces in it that no URL should
// have, so this is no strict reading of RFC 3986.
Result<Parameter> take_parameter(std::string_view& query) {
  const std::string_view one = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(one.size() + 1, query.size()));
  const std::size_t equals = std::min(one.find('='), one.size());
  Result<std::string> key = decoded(one.substr(0, equals));
  Result<std::string> value = decoded(one.substr(std::min(equals + 1, one.size())));
  if (!key) return tl::unexpected(key.error());
  if (!value) return tl::unexpected(value.error());
  return Parameter{*std::move(key), *std::move(value)};
}

}  // namespace

Result<AuthQuery> AuthQuery::parse(std::string_view query) {
  AuthQuery parsed;
  if (query.starts_with('?')) query.remove_prefix(1);
  std::set<std::string, std::less<>> seen;
  while (!query.empty()) {
    const Result<Parameter> next = take_parameter(query);
    if (!next) return tl::unexpected(next.error());
    const Parameter& one = *next;
    if (!seen.insert(one.key).second) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("'{}' stands twice in the query", one.key.substr(0, 64)));
    }
    if (one.key == "route") {
      parsed.route = one.value;
    } else if (one.key == "method") {
      parsed.method = one.value;
    } else if (one.key == "client_ip") {
      parsed.client_ip = one.value;
    } else if (one.key == "user") {
      // A proxy that knows nobody has nothing to put there.
      if (!one.value.empty()) parsed.user = one.value;
    } else if (one.key == "cost") {
      const std::optional<std::int64_t> cost = number<std::int64_t>(one.value);
      if (!cost || *cost < 1 || *cost > kMaxCount)
        return fail(ErrorCode::invalid_input, "cost is no whole number from 1 to 10^15");
      parsed.cost = *cost;
    } else if (one.key == "refusal") {
      const std::optional<int> status = number<int>(one.value);
      if (status != 401 && status != 403 && status != 429)
        return fail(ErrorCode::invalid_input, "refusal is none of 401, 403 and 429");
      parsed.refusal_status = status;
    } else {
      return fail(ErrorCode::invalid_input,
                  fmt::format("the query has an unknown '{}'", one.key.substr(0, 64)),
                  "It may have route, method, client_ip, user, cost and refusal");
    }
  }
  return parsed;
}

}  // namespace weir::serve
