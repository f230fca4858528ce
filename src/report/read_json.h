// Reads back what render_json wrote: a report of an earlier scan, to render it in another format,
// to compare with it, to go on from it.
//
// Promises: any bytes may come in; an error names the place ("report.json: findings[2].severity:
// ...") and the cure. At most kMaxReportBytes are looked at. Fields that are unknown are ignored,
// so that reports of later versions can be read; those that came after the first version may be
// missing. Thread safety: a pure function.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "scan/model.h"

namespace weir::report {

inline constexpr std::size_t kMaxReportBytes = 32 * 1024 * 1024;
inline constexpr std::size_t kMaxReportDepth = 16;

// `name` stands in errors: the file that the text came from.
Result<scan::Report> read_json(std::string_view text, std::string_view name);

}  // namespace weir::report
