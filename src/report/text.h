// The report for a terminal: what was found first, everything needed to reproduce it, no wider than
// asked (long words and curl lines aside). `report` has been bounded.
//
// Thread safety: a pure function.
#pragma once

#include <string>

#include "scan/model.h"

namespace weir::report {

std::string render_text(const scan::Report& report, bool colour, int width);

}  // namespace weir::report
