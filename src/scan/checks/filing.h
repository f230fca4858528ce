// Enters the outcome of a check into the report.
// Thread safety: as the Report.
#pragma once

#include "scan/checks/check.h"
#include "scan/scan.h"

namespace weir::scan {

void file_outcome(const CheckInfo& info, const std::string& operation, CheckOutcome outcome,
                  int requests, Report& report, Listener& listener);

}  // namespace weir::scan
