// What an answer says about its limit: Retry-After (RFC 9110 §10.2.3), RateLimit and
// RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers, all three shapes it has had),
// X-RateLimit-* and X-Rate-Limit-*. A hint plans a wait; it is never believed.
//
// Thread safety: pure functions. Malformed fields give no hint.
#pragma once

#include <optional>
#include <vector>

#include "scan/probe/message.h"
#include "weir/time.h"

namespace weir::scan {

struct Hints {
  std::optional<double> retry_after_s;  // from now, as Retry-After says it
  std::optional<double> reset_s;        // from now, as a limit header says it
  std::optional<double> window_s;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  bool states_a_wait = false;  // any of the headers that tell a client when to come back is there
};

// `now`: real time when the answer came, for headers that carry a date.
Hints read_hints(const std::vector<Header>& headers, Time now);

}  // namespace weir::scan
