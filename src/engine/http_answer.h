// A decision as an HTTP answer: what every front end sends, so that all of them say the same.
//
//   admitted     200: the application answers; only the RateLimit fields below are added
//   refused      429, Retry-After, a problem of type quota-exceeded
//   denied       403 and a problem
//   malformed    400 and a problem
//   unavailable  503, Retry-After and a problem; an outage is never a 429
//
// RateLimit-Policy and RateLimit follow draft-ietf-httpapi-ratelimit-headers-11 as structured
// fields (RFC 9651): quotas of requests in flight have the unit "concurrent-requests" and no
// window; rules that count different values are not told of. Bodies are RFC 9457. Times are whole
// seconds, rounded up, so that nobody is told to come too early; answers that depend on who asks
// are not to be stored.
//
// Thread safety: pure functions.
//
//   engine::HttpAnswer answer = engine::http_answer(decision);
#pragma once

#include <string>
#include <vector>

#include "weir/decision.h"

namespace weir::engine {

struct HttpField {
  std::string name;
  std::string value;
  friend bool operator==(const HttpField&, const HttpField&) = default;
};

struct HttpAnswer {
  int status = 200;
  std::vector<HttpField> fields;
  std::string body;  // application/problem+json; empty if admitted
};

int http_status(Verdict verdict);

HttpAnswer http_answer(const Decision& decision);

}  // namespace weir::engine
