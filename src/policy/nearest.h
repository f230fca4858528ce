// Words for error messages: what was written, cut to a readable length, and the name that was
// probably meant.
//
// Thread safety: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::policy {

// `text` as it may stand in a message on one line: at most 64 characters, control characters and
// bytes outside ASCII as '?'.
std::string excerpt(std::string_view text);

// "Did you mean 'limit'?" if one of `names` is close to `text`, else "Use one of a, b and c".
std::string suggest(std::string_view text, std::span<const std::string_view> names);

}  // namespace weir::policy
