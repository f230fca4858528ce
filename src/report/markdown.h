// The report as Markdown for a comment on a pull request: what matters first, the proof folded
// away.
//
// Promises: at most kMaxMarkdownBytes, whatever the report holds; no text of a target formats,
// links or calls anybody (report/markdown_text.h). The first line is kMarkdownMarker, by which
// whoever posts it finds it again. `report` has been bounded. Thread safety: a pure function.
#pragma once

#include <string>
#include <string_view>

#include "scan/model.h"

namespace weir::report {

inline constexpr std::string_view kMarkdownMarker = "<!-- weir-scan -->";

std::string render_markdown(const scan::Report& report);

}  // namespace weir::report
