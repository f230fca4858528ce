// Tells a web hook that a target got worse: a POST of one JSON object.
//
// Promises: https with a verified certificate, or http to this machine; redirects are not followed;
// nothing but the target's origin, scores, and ids of findings is sent; the URL, which may hold a
// token, is in no message. Thread safety: safe.
#pragma once

#include <string>

#include "base/result.h"
#include "net/url.h"
#include "scan/model.h"

namespace weir::cli {

Result<net::Url> parse_webhook(const std::string& url);

// Whether `now` is worse than `before`: a lower score or a finding that was not there.
bool is_worse(const scan::Report& now, const scan::Report& before);

Status post_webhook(const net::Url& url, const scan::Report& now, const scan::Report& before);

}  // namespace weir::cli
