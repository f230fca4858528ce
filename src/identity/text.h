// The little of HTTP's grammar that identity needs (RFC 9110, section 5.6). ASCII only, no locale.
//
// Thread safety: pure functions.
#pragma once

#include <algorithm>
#include <string_view>

namespace weir::identity {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

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
