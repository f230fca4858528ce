// The little of HTTP's grammar that identity needs (RFC 9110, section 5.6). ASCII only, no locale.
//
// Thread safety: pure functions.
#pragma once

#include <string_view>

namespace weir::identity {

constexpr bool is_visible_ascii(char c) {
  return c > 0x20 && c < 0x7f;
}

// Optional white space: spaces and tabs.
constexpr std::string_view strip(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace weir::identity
