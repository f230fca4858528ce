// The commands of the weir program. Each add_*_command lives in a file of its own, adds one
// subcommand with its options to `app`, and, when that subcommand is chosen, stores the process's
// exit code.
//
// Exit codes: 0 done, gate passed; 1 gate failed; 2 usage or configuration; 3 the other side is
// unreachable; 4 coverage too low; 130 interrupted.
#pragma once

#include <CLI/App.hpp>

namespace weir::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitGateFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreachable = 3;
inline constexpr int kExitCoverage = 4;
inline constexpr int kExitInterrupted = 130;

void add_all_commands(CLI::App& app, int& exit_code);

}  // namespace weir::cli
