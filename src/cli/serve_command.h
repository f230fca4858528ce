// weir serve: the daemon.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_serve_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
