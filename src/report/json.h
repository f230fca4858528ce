// The report as JSON: one line, schema "weir-scan/1", described by schemas/weir-scan.schema.json.
// `report` has been bounded. Thread safety: a pure function.
#pragma once

#include <string>

#include "scan/model.h"

namespace weir::report {

std::string render_json(const scan::Report& report);

}  // namespace weir::report
