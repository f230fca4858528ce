#include "report/markdown_text.h"

#include <algorithm>

#include "report/visible.h"

namespace weir::report {
namespace {

// A fence of backticks longer than any in the text, so that nothing inside can close it.
std::string fence_for(std::string_view text, std::size_t least) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char letter : text) {
    run = letter == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(least, longest + 1), '`');
}

bool is_punctuation(char letter) {
  return letter > ' ' && letter < 0x7F && !(letter >= '0' && letter <= '9') &&
         !(letter >= 'A' && letter <= 'Z') && !(letter >= 'a' && letter <= 'z');
}

}  // namespace

std::string markdown_code(std::string_view text) {
  const std::string shown = visible(text);
  if (shown.find_first_not_of(' ') == std::string::npos) return "(empty)";
  const std::string fence = fence_for(shown, 1);
  // The blanks beside the fences are taken off again by the renderer.
  return fence + " " + shown + " " + fence;
}

std::string markdown_prose(std::string_view text) {
  const std::string seen = visible(text);
  std::string shown;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const char letter = seen[i];
    if (!is_punctuation(letter)) {
      shown += letter;
      continue;
    }
    // Everything that Markdown could mean something by may be escaped; most of it need not be.
    if (std::string_view("\\`*_{}[]()<>#+-.!|~&$@=^\"").find(letter) != std::string_view::npos) {
      shown += '\\';
    }
    shown += letter;
    // Names, numbers of issues and addresses are linked after the escapes have been taken off.
    const bool ends_word = i + 1 == seen.size() || seen[i + 1] == ' ';
    if ((letter == '@' || letter == '#' || letter == ':') && !ends_word) shown += "<!-- -->";
  }
  return shown;
}

std::string markdown_block(std::string_view text) {
  const std::string shown = visible(text, Lines::keep);
  const std::string fence = fence_for(shown, 3);
  return fence + "text\n" + shown + (shown.ends_with('\n') ? "" : "\n") + fence + "\n";
}

}  // namespace weir::report
