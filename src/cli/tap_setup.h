// What `weir tap` and `weir scan --tap` both need to put a tap up.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/environment.h"
#include "base/result.h"
#include "tap/proxy.h"

namespace weir::cli {

// Where the tap listens: this machine only, unless `anywhere`.
Result<net::ListenAddress> tap_listen_address(const std::string& text, bool anywhere);

// An upstream without a path.
Result<net::Url> tap_upstream(const std::string& text);

using Sign = decltype(tap::ProxyOptions::sign);

// Signs with the credentials that this process finds, for the region given, named by the
// environment, or part of the upstream's name (dynamodb.eu-west-1.amazonaws.com).
Result<Sign> tap_signer(const net::Url& upstream, const std::string& region,
                        const Environment& environment, Clock& clock);

// What a recording is redacted with.
std::string new_salt();

}  // namespace weir::cli
