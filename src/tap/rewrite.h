// Messages of the tap's own making: what it says when the upstream cannot be asked, and a request
// that goes to another host under another signature.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tap/message.h"

namespace weir::tap {

using Fields = std::vector<std::pair<std::string, std::string>>;

// A whole HTTP response as DynamoDB words an error, with its x-amz-crc32.
std::string error_response(int status, std::string_view type, std::string_view message);

// The request with the fields of `signature` in the place of its own: method, target, body and
// every other field stay, but for those of its framing. `host` is the upstream's authority.
std::string signed_anew(const Message& request, std::string_view host, const Fields& signature);

}  // namespace weir::tap
