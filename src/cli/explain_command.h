// weir explain [ID]: what a check looks for, what proves it, why it matters and how to mend it.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

void add_explain_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
