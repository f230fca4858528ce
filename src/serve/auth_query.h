// AuthQuery: what a proxy states of the request that it asks about, in the query of GET /v1/auth.
//
// In the query, because the proxy's configuration writes all of it; header fields may be the
// client's.
//
//   /v1/auth?route=/orders&method=POST&client_ip=203.0.113.7&user=alice&cost=2&refusal=403
//
// refusal: the status of every answer that does not admit (401, 403 or 429), for proxies that know
// no other. Thread safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::serve {

struct AuthQuery {
  std::string route;
  std::optional<std::string> method;
  std::optional<std::string> client_ip;
  std::optional<std::string> user;
  std::int64_t cost = 1;
  std::optional<int> refusal_status;

  // `query` begins with '?', or is empty. What is not understood, or stands twice, is an Error.
  static Result<AuthQuery> parse(std::string_view query);
};

}  // namespace weir::serve
