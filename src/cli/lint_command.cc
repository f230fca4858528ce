#include "cli/lint_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace weir::cli {
namespace {

constexpr const char* kInterpreter = "python3";

// The code that is looked at is never run: not even a folder "weir" in the current one.
constexpr const char* kProgram = R"(
import sys
sys.path[:] = [place for place in sys.path if place]
try:
    from weir.lint.__main__ import main
except ModuleNotFoundError as error:
    print(f"weir lint: {sys.executable} has no module {error.name}. Install the Python package of "
          "Weir, and put its virtual environment first in PATH", file=sys.stderr)
    sys.exit(3)
sys.exit(main())
)";

// Does not return if it succeeds.
int run(const std::vector<std::string>& given) {
  std::vector<std::string> words = {kInterpreter, "-c", kProgram};
  words.insert(words.end(), given.begin(), given.end());
  std::vector<char*> arguments;
  std::transform(words.begin(), words.end(), std::back_inserter(arguments),
                 [](std::string& word) { return word.data(); });
  arguments.push_back(nullptr);
  ::execvp(kInterpreter, arguments.data());
  fmt::print(stderr, "weir lint: {} cannot be run: {}. Install Python 3.10 or later\n",
             kInterpreter, std::strerror(errno));
  return kExitUnreachable;
}

}  // namespace

void add_lint_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "lint", "Find limits of Python code that count in DynamoDB and can be got around");
  command->set_help_flag();  // --help too goes to where the options are
  command->prefix_command();
  command->callback([command, &exit_code] { exit_code = run(command->remaining()); });
}

}  // namespace weir::cli
