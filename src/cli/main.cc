#include <CLI/CLI.hpp>

#include "cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app(
      "Weir: a rate limiter that cannot be got around, and the scanner that proves whether yours "
      "can.",
      "weir");
  app.set_version_flag("--version", WEIR_VERSION);
  app.require_subcommand(1);
  int exit_code = weir::cli::kExitOk;
  weir::cli::add_all_commands(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too, with a code of 0.
    return app.exit(error) == 0 ? weir::cli::kExitOk : weir::cli::kExitUsage;
  }
  return exit_code;
}
