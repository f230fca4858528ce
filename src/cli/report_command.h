// weir report FILE: a report that was written with --format json, in any other format, compared,
// gated.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_report_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
