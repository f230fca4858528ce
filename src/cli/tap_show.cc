#include "cli/tap_show.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/files.h"
#include "report/text_page.h"
#include "report/visible.h"
#include "scan/utc.h"
#include "tap/rules/rule.h"
#include "tap/summary.h"
#include "tap/trace.h"

namespace weir::cli {
namespace {

using report::TextPage;

constexpr std::size_t kMaxRecordingBytes = std::size_t{1} << 30;
constexpr std::size_t kWidth = 120;
constexpr std::size_t kMaxShown = 200;  // bytes of what a shape asks, as a recording says it
constexpr std::size_t kMaxSaid = 1000;  // of a finding's sentences
constexpr std::size_t kMaxValues = 4;   // of one operation

std::string cut(std::string_view text, std::size_t bytes = kMaxShown) {
  return report::valid_text(text, bytes);
}

std::string milliseconds(Duration duration) {
  return fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(duration).count());
}

void print_shape(TextPage& page, const tap::Shape& shape) {
  page.line(
      {{fmt::format("{:>7}  {:<18} {}", shape.count, cut(shape.operation), cut(shape.asks))}});
  std::string more =
      fmt::format("median {}, slowest {}", milliseconds(shape.median), milliseconds(shape.slowest));
  if (shape.capacity > 0) more += fmt::format(", {:g} units", shape.capacity);
  for (const auto& [error, count] : shape.errors)
    more += fmt::format(", {} x {}", count, cut(error));
  page.line({{fmt::format("{:>7}  {:<18} {}", "", "", more)}});
}

// "hits 5, started 1795620000"
std::string values_of(const tap::Item& item) {
  std::string out;
  std::size_t told = 0;
  for (const auto& [name, value] : item) {
    if (told++ == kMaxValues) return out + ", ...";
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, value.text);
  }
  return out;
}

std::string line_of(const tap::Operation& operation, Time started) {
  std::string text =
      fmt::format("{:>12}  {}", "+" + milliseconds(operation.at - started), operation.name);
  if (!operation.accesses.empty()) {
    const tap::Access& access = operation.accesses.front();
    text += fmt::format(" ({})", values_of(access.key.empty() ? access.item : access.key));
    if (!access.values.empty()) text += " with " + values_of(access.values);
    if (!access.seen.empty()) text += " saw " + values_of(access.seen);
  }
  text += " -> ";
  if (operation.status == 0) return text + "no answer";
  return text + (operation.error.empty() ? std::to_string(operation.status) : operation.error);
}

void print_finding(TextPage& page, const tap::Finding& finding, const tap::Trace& trace) {
  std::string severity = to_string(finding.rule->severity);
  std::transform(severity.begin(), severity.end(), severity.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  page.blank();
  page.line(
      {{fmt::format("{:<8}{:<28} {}", severity, finding.rule->id, to_string(finding.confidence))}});
  page.line({{cut(finding.subject)}}, 8);
  page.paragraph("", 0, cut(finding.claim, kMaxSaid) + ".", 8);
  for (const std::size_t number : finding.operations) {
    page.line({{cut(line_of(trace.operations[number], trace.head.started))}}, 8);
  }
  page.paragraph("Mend: ", 6, cut(finding.cure, kMaxSaid) + ".", 8);
}

void print_findings(TextPage& page, const tap::Trace& trace) {
  const std::vector<tap::Finding> findings = tap::find_flaws(trace.operations);
  if (findings.empty()) {
    return page.line({{"findings: none"}});
  }
  std::string counts;
  for (const scan::Severity severity :
       {scan::Severity::critical, scan::Severity::high, scan::Severity::medium, scan::Severity::low,
        scan::Severity::info}) {
    const auto count = std::count_if(
        findings.begin(), findings.end(),
        [severity](const tap::Finding& one) { return one.rule->severity == severity; });
    if (count > 0) {
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, to_string(severity));
    }
  }
  page.line({{"findings: " + counts}});
  for (const tap::Finding& one : findings) print_finding(page, one, trace);
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
  TextPage page(/*colour=*/false, kWidth);
  page.line({{fmt::format("{} operations, recorded from {} before {}{}", trace->operations.size(),
                          scan::rfc3339(trace->head.started), cut(trace->head.upstream),
                          trace->head.values ? "" : ", values redacted")}});
  page.blank();
  for (const tap::Shape& shape : tap::shapes_of(trace->operations)) print_shape(page, shape);
  page.blank();
  print_findings(page, *trace);
  fmt::print("{}", std::move(page).take());
  return kExitOk;
}

}  // namespace

void add_tap_show_command(CLI::App& tap, int& exit_code) {
  const auto path = std::make_shared<std::string>();
  CLI::App* command = tap.add_subcommand(
      "show", "Say what a recording holds, and which limiters it shows that can be got around");
  command->add_option("file", *path, "What weir tap --record wrote")->required();
  command->callback([path, &exit_code] { exit_code = show(*path); });
}

}  // namespace weir::cli
