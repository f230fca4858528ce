// `weir lint`: Python code whose limits count in DynamoDB. The rules are in the Python package
// (python/weir/lint), because Python's own parser is the one that knows Python; this command runs
// them with the interpreter that finds the package.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_lint_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
