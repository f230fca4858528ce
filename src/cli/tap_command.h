// weir tap: stands between an application and DynamoDB and records what is asked.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_tap_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
