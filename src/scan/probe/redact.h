// Keeps secrets out of reports and logs, and writes curl lines that name them by shell variables.
//
// A secret is the value of a header, cookie, query parameter or body field whose name says so
// (authorization, key, token, secret, password, cookie, session, ...). Values that the scanner made
// up are not secret; whoever made them up marks them so by not asking.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "scan/probe/message.h"

namespace weir::scan {

bool is_secret_name(std::string_view name);

// Path and query with the values of secret parameters replaced by "***".
std::string redact_target(std::string_view target);

// A command line that sends `request` to `origin` ("http://127.0.0.1:8000"), with every secret of
// `base` that it still carries as a variable: -H "X-API-Key: $X_API_KEY".
std::string curl_line(const Request& request, const Request& base, std::string_view origin);

}  // namespace weir::scan
