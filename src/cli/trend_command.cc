#include "cli/trend_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/scan_store.h"
#include "report/trend.h"

namespace weir::cli {
namespace {

struct TrendArguments {
  std::string folder;
  std::string format = "text";
};

int run(const TrendArguments& arguments) {
  const auto store = ScanStore::open(arguments.folder, /*make=*/false);
  if (!store) {
    fmt::print(stderr, "weir trend: {}\n", store.error().to_string());
    return kExitUsage;
  }
  std::vector<Error> problems;
  const auto trends = report::trends_of(store->reports(problems));
  for (const Error& problem : problems) {
    fmt::print(stderr, "weir trend: passed over {}\n", problem.to_string());
  }
  fmt::print("{}", arguments.format == "json"
                       ? report::render_trends_json(trends)
                       : report::render_trends(trends, /*colour=*/false, 120));
  return kExitOk;
}

}  // namespace

void add_trend_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<TrendArguments>();
  CLI::App* command =
      app.add_subcommand("trend", "How the scores went of the scans that 'weir scan --store' kept");
  command->add_option("folder", arguments->folder, "The folder of --store")->required();
  command->add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace weir::cli
