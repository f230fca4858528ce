#include "cli/report_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/report_output.h"
#include "report/compliance.h"
#include "scan/checks/catalogue.h"
#include "scan/utc.h"

namespace weir::cli {
namespace {

struct ReportArguments {
  std::string file;
  bool compliance = false;
  ReportOptions output;
};

int complain(const Error& error) {
  fmt::print(stderr, "weir report: {}\n", error.to_string());
  return kExitUsage;
}

void print_compliance(const scan::Report& report) {
  std::vector<report::CheckReferences> references;
  for (const scan::CheckInfo* check : scan::catalogue()) {
    references.push_back({check->id, check->owasp, check->cwe, check->pci_dss});
  }
  const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  fmt::print("{}", report::render_compliance(report, references, colour, 100));
}

int run(const ReportArguments& arguments) {
  const auto output = ReportOutput::create(arguments.output);
  if (!output) return complain(output.error());
  auto report = read_report(arguments.file);
  if (!report) return complain(report.error());
  if (arguments.compliance) {
    print_compliance(*report);
    return output->gate(*report, "weir report");
  }
  base::SystemClock clock;
  const Status marked = output->suppress(*report, scan::rfc3339(clock.now()).substr(0, 10));
  if (!marked) return complain(marked.error());
  const Status written = output->write(*report);
  if (!written) return complain(written.error());
  return output->gate(*report, "weir report");
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand(
      "report", "Render, compare or gate a report that 'weir scan --format json' wrote");
  command->add_option("file", arguments->file, "The JSON report")->required();
  command->add_flag("--compliance", arguments->compliance,
                    "What it says on OWASP API 2023, CWE, PCI DSS 4.0.1 and SOC 2");
  add_report_options(*command, arguments->output);
  command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace weir::cli
