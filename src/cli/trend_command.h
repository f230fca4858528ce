// weir trend FOLDER: how the scores of stored scans went.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_trend_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
