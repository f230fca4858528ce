// weir mcp: the scanner as tools for coding assistants, over standard input and output.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_mcp_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
