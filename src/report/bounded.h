// Cuts a scan's report to the bounds of report/bounds.h and makes all of its text valid UTF-8: the
// first step of every format.
//
// Thread safety: a pure function.
#pragma once

#include "scan/model.h"

namespace weir::report {

// What was left out is counted in Evidence::exchanges_left_out and in the report's notes. Numbers
// that no format can write (NaN, infinity) become 0, shares come into 0 to 1.
scan::Report bounded(const scan::Report& report);

}  // namespace weir::report
