// weir check: what a policy decides about one request, and why.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_check_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
