#include "cli/tap_show.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/files.h"
#include "report/visible.h"
#include "scan/utc.h"
#include "tap/summary.h"
#include "tap/trace.h"

namespace weir::cli {
namespace {

constexpr std::size_t kMaxRecordingBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxShown = 200;  // bytes of what a shape asks

// Names are whatever the application, or a recording, says.
std::string shown(std::string_view text) {
  return report::visible(report::valid_text(text, kMaxShown));
}

std::string milliseconds(Duration duration) {
  return fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(duration).count());
}

void print_shape(const tap::Shape& shape) {
  fmt::print("{:>7}  {:<18} {}\n", shape.count, shown(shape.operation), shown(shape.asks));
  std::string more =
      fmt::format("median {}, slowest {}", milliseconds(shape.median), milliseconds(shape.slowest));
  if (shape.capacity > 0) more += fmt::format(", {:g} units", shape.capacity);
  for (const auto& [error, count] : shape.errors)
    more += fmt::format(", {} x {}", count, shown(error));
  fmt::print("{:>7}  {:<18} {}\n", "", "", more);
}

int show(const std::string& path) {
  const auto complain = [](const Error& error) {
    fmt::print(stderr, "weir tap show: {}\n", error.to_string());
    return kExitUsage;
  };
  const auto text = read_file(path, kMaxRecordingBytes);
  if (!text) return complain(text.error());
  const auto trace = tap::read_trace(*text);
  if (!trace) return complain(Error(trace.error()).at(path));
  const auto& operations = trace->operations;
  fmt::print("{} operations, recorded from {} before {}{}\n\n", operations.size(),
             scan::rfc3339(trace->head.started), shown(trace->head.upstream),
             trace->head.values ? "" : ", values redacted");
  for (const tap::Shape& shape : tap::shapes_of(operations)) print_shape(shape);
  return kExitOk;
}

}  // namespace

void add_tap_show_command(CLI::App& tap, int& exit_code) {
  const auto path = std::make_shared<std::string>();
  CLI::App* command = tap.add_subcommand("show", "Say what a recording holds");
  command->add_option("file", *path, "What weir tap --record wrote")->required();
  command->callback([path, &exit_code] { exit_code = show(*path); });
}

}  // namespace weir::cli
