// What changed since an earlier scan: which findings are new, which are gone, what became of the
// score. A finding is the same one if check and operation are (report/fingerprint.h).
//
// Thread safety: pure functions.
//
//   compare(report, *read_json(text, "main.json"));
//   if (new_only) keep_new(report);
#pragma once

#include "scan/model.h"

namespace weir::report {

// Sets the novelty of each finding, and report.comparison.
void compare(scan::Report& report, const scan::Report& baseline);

// Takes out what the baseline has as well, and says in a note how many those were. The score stays
// that of all findings.
void keep_new(scan::Report& report);

}  // namespace weir::report
