// Makes text from a target fit to be shown.
//
// Thread safety: pure functions.
//
//   valid_text("caf\xe9", 100)            == "caf\uFFFD"
//   visible("\x1b[31mred")                == "\\x1b[31mred"
//   visible("user\u202Egpj.exe")          == "user\\u{202e}gpj.exe"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::report {

// Valid UTF-8 of about `max_bytes` at most: what is ill-formed becomes U+FFFD, and what is cut off
// at the end is counted ("... (1048576 bytes in all)").
std::string valid_text(std::string_view text, std::size_t max_bytes);

enum class Lines { join, keep };  // keep: '\n' stays a line end, for texts of several lines

// Valid UTF-8 with every character that shows nothing or moves what follows (controls, terminal
// escapes, text direction, zero width, line separators) written out, so that a reader sees it.
std::string visible(std::string_view valid_utf8, Lines lines = Lines::join);

// Columns that visible text takes in a terminal, counting each character as one.
std::size_t columns(std::string_view visible_text);

}  // namespace weir::report
