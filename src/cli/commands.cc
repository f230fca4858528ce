#include "cli/commands.h"

#include "cli/check_command.h"
#include "cli/explain_command.h"
#include "cli/lint_command.h"
#include "cli/mcp_command.h"
#include "cli/policy_command.h"
#include "cli/report_command.h"
#include "cli/reset_command.h"
#include "cli/scan_command.h"
#include "cli/serve_command.h"
#include "cli/store_command.h"
#include "cli/table_command.h"
#include "cli/tap_command.h"
#include "cli/trend_command.h"

namespace weir::cli {

void add_all_commands(CLI::App& app, int& exit_code) {
  add_check_command(app, exit_code);
  add_explain_command(app, exit_code);
  add_lint_command(app, exit_code);
  add_mcp_command(app, exit_code);
  add_policy_command(app, exit_code);
  add_report_command(app, exit_code);
  add_reset_command(app, exit_code);
  add_scan_command(app, exit_code);
  add_serve_command(app, exit_code);
  add_store_command(app, exit_code);
  add_table_command(app, exit_code);
  add_tap_command(app, exit_code);
  add_trend_command(app, exit_code);
}

}  // namespace weir::cli
