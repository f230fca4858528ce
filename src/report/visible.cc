#include "report/visible.h"

#include <fmt/format.h>
#include <utf8cpp/utf8.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace weir::report {
namespace {

struct Span {
  char32_t first;
  char32_t last;
};

// Unicode general categories Cc and Cf that occur in attacks on readers ("Trojan Source",
// https://www.unicode.org/reports/tr36/), and the line separators.
constexpr std::array kUnseen = {
    Span{0x00, 0x1F},     Span{0x7F, 0x9F},     Span{0xAD, 0xAD},     Span{0x61C, 0x61C},
    Span{0x180E, 0x180E}, Span{0x200B, 0x200F}, Span{0x2028, 0x202E}, Span{0x2060, 0x206F},
    Span{0xFEFF, 0xFEFF}, Span{0xFFF9, 0xFFFB}, Span{0xFFFE, 0xFFFF}, Span{0xE0000, 0xE007F},
};

bool is_unseen(char32_t character) {
  return std::any_of(kUnseen.begin(), kUnseen.end(), [character](const Span& span) {
    return character >= span.first && character <= span.last;
  });
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::string valid_text(std::string_view text, std::size_t max_bytes) {
  std::string_view kept = text;
  if (kept.size() > max_bytes) {
    std::size_t end = max_bytes;
    // A character is at most four bytes: do not cut one in two.
    for (int step = 0; step < 3 && end > 0 && is_continuation(text[end]); ++step) --end;
    kept = text.substr(0, end);
  }
  std::string valid;
  valid.reserve(kept.size());
  utf8::replace_invalid(kept.begin(), kept.end(), std::back_inserter(valid), 0xFFFD);
  if (kept.size() < text.size()) {
    fmt::format_to(std::back_inserter(valid), "… ({} bytes in all)", text.size());
  }
  return valid;
}

std::string visible(std::string_view valid_utf8, Lines lines) {
  std::string shown;
  shown.reserve(valid_utf8.size());
  const char* at = valid_utf8.data();
  const char* const end = at + valid_utf8.size();
  while (at != end) {
    const char* const start = at;
    const char32_t character = utf8::unchecked::next(at);
    if (!is_unseen(character) || (character == '\n' && lines == Lines::keep)) {
      shown.append(start, at);
    } else if (character < 0x100) {
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", static_cast<unsigned>(character));
    } else {
      fmt::format_to(std::back_inserter(shown), "\\u{{{:x}}}", static_cast<unsigned>(character));
    }
  }
  return shown;
}

std::size_t columns(std::string_view visible_text) {
  return static_cast<std::size_t>(std::count_if(visible_text.begin(), visible_text.end(),
                                                [](char byte) { return !is_continuation(byte); }));
}

}  // namespace weir::report
