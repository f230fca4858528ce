// weir tap show FILE: says what a recording holds.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_tap_show_command(CLI::App& tap, int& exit_code);

}  // namespace weir::cli
