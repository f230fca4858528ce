// weir store inspect|verify|reset: looks at the file of a shared store, checks it, empties it.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

// Exit codes: 0 done, and nothing wrong with the file; 1 verify found something; 2 the file is not
// there, not a store's, or damaged as a whole; 3 a process holds a lock and does not let go.
void add_store_command(CLI::App& app, int& exit_code);

}  // namespace weir::cli
