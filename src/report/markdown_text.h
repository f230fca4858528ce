// Text as Markdown that says just that text: on GitHub and wherever else a comment is rendered, it
// formats nothing, links nowhere, loads nothing, and calls nobody by @name.
//
// What is unseen is made visible first (report/visible.h). The text is valid UTF-8.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace weir::report {

// One line as a code span, in which Markdown means nothing. Not for cells of a table: there '|'
// would end the cell.
std::string markdown_code(std::string_view text);

// One line of prose.
std::string markdown_prose(std::string_view text);

// Lines as a fenced code block, which ends with a line end.
std::string markdown_block(std::string_view text);

}  // namespace weir::report
