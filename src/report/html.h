// The report as one HTML file for people: no script, nothing fetched, for screens of any width,
// light and dark, and for paper. `report` has been bounded.
//
// The style sheet is web/report/report.css. Thread safety: a pure function.
#pragma once

#include <string>

#include "scan/model.h"

namespace weir::report {

std::string render_html(const scan::Report& report);

}  // namespace weir::report
