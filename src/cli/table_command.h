// weir table create|describe: makes the DynamoDB table that counters live in, or looks at it, and
// prints the least IAM policies.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_table_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
