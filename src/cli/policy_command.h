// weir policy check: says what a policy file means, or every mistake in it with line and column.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_policy_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
