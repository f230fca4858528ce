// The report as JUnit XML, the list of tests that every CI shows: a suite for each operation, a
// case for each check. A finding is a failure; what could not be decided or does not apply is
// skipped, and so is a suppressed finding. `report` has been bounded. Thread safety: a pure
// function.
#pragma once

#include <string>

#include "scan/model.h"

namespace weir::report {

std::string render_junit(const scan::Report& report);

}  // namespace weir::report
