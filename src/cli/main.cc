#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <system_error>

#include "cli/commands.h"

namespace {

int cannot_write(int error) {
  fmt::print(stderr, "weir: the output cannot be written: {}. Make room, or write elsewhere\n",
             std::strerror(error));
  return weir::cli::kExitUsage;
}

}  // namespace

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
    exit_code = app.exit(error) == 0 ? weir::cli::kExitOk : weir::cli::kExitUsage;
  } catch (const std::system_error& error) {
    return cannot_write(error.code().value());  // fmt::print's, of a full disk
  }
  // What is still in the buffer would otherwise be lost without a word.
  std::cout.flush();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return cannot_write(errno);
  return exit_code;
}
