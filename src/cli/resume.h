// Going on with a scan that was interrupted, from its partial report: the operations that it had
// finished are not scanned again.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "base/result.h"
#include "scan/model.h"
#include "scan/scan.h"

namespace weir::cli {

struct Resumption {
  scan::Report earlier;                 // what is kept of it
  std::vector<std::string> operations;  // that it had finished
};

// Takes the finished operations out of `plan` and gives it the earlier seed, unless `keep_seed`. An
// error if the report is of a finished scan, of another target or another version of Weir.
Result<Resumption> resume(scan::Report earlier, scan::ScanPlan& plan, bool keep_seed);

// Puts what the earlier scan had found before what this one did, and makes the score anew.
void add_earlier(scan::Report& report, Resumption resumption);

}  // namespace weir::cli
