// weir scan URL: tests whether the limits of an API can be got around.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_scan_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
