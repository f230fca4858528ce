#include "cli/commands.h"

namespace weir::cli {

void add_all_commands(CLI::App& app, int& exit_code) {
  (void)app;
  (void)exit_code;
}

}  // namespace weir::cli
