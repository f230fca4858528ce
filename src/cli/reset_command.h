// weir reset --policy FILE --set user=alice: forgets what is counted of somebody.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_reset_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
