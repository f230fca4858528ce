// The score of a scan: published, reproducible, and printed with its derivation. docs/scanner.md
// has the formula with an example. Thread safety: pure.
#pragma once

#include "scan/model.h"

namespace weir::scan {

// Sets score, grade, coverage, categories and score_steps of `report` from its checks and findings.
void score(Report& report);

}  // namespace weir::scan
