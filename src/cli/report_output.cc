#include "cli/report_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/suppressions_file.h"
#include "report/baseline.h"
#include "report/read_json.h"
#include "report/report.h"
#include "scan/score.h"

namespace weir::cli {
namespace {

Result<int> parse_severity(const std::string& name) {
  for (const auto severity : {scan::Severity::info, scan::Severity::low, scan::Severity::medium,
                              scan::Severity::high, scan::Severity::critical}) {
    if (name == scan::to_string(severity)) return static_cast<int>(severity);
  }
  return fail(ErrorCode::invalid_input, "--fail-on " + name + ": not a severity",
              "Use info, low, medium, high or critical");
}

void explain(const scan::Report& report) {
  fmt::print(stderr, "100");
  for (const scan::ScoreStep& step : report.score_steps) {
    fmt::print(stderr, "\n  x {:.2f}  {}", step.factor, step.what);
  }
  fmt::print(stderr, "\n= {} ({}), coverage {:.0f} %\n", report.score, report.grade,
             100 * report.coverage);
}

// A report of --new-only has fewer findings than its checks say: no score can be made of it.
bool has_all_findings(const scan::Report& report) {
  return std::all_of(
      report.checks.begin(), report.checks.end(), [&report](const scan::CheckResult& check) {
        return check.verdict != scan::CheckVerdict::vulnerable ||
               std::any_of(report.findings.begin(), report.findings.end(),
                           [&check](const scan::Finding& finding) {
                             return finding.id == check.id && finding.operation == check.operation;
                           });
      });
}

}  // namespace

void add_report_options(CLI::App& command, ReportOptions& options) {
  command.add_option("--format", options.formats,
                     "text, json, html, sarif, junit or markdown; several at once");
  command.add_option("--output", options.outputs,
                     "A file for the --format of the same place; - is standard output");
  command.add_option(
      "--baseline", options.baseline,
      "JSON report of an earlier scan: say what is new, gone, and the score's change");
  command.add_flag("--new-only", options.new_only,
                   "Report and gate only what the --baseline does not have");
  command.add_option("--suppress", options.suppress,
                     "YAML file of findings that do not count, each with a reason and an expiry");
  command.add_option("--fail-under", options.fail_under, "Exit with 1 if the score is below this")
      ->check(CLI::Range(0, 100));
  command.add_option("--fail-on", options.fail_on,
                     "Exit with 1 on a finding of this severity or above");
  command
      .add_option("--min-coverage", options.min_coverage,
                  "Exit with 4 if less than this percentage of the checks could be decided")
      ->check(CLI::Range(0, 100));
  command.add_flag("--explain-score", options.explain_score, "Print how the score came about");
}

Result<ReportOutput> ReportOutput::create(const ReportOptions& options) {
  ReportOutput output;
  output.options_ = options;
  if (output.options_.formats.empty()) output.options_.formats = {"text"};
  for (const std::string& format : output.options_.formats) {
    const auto known = report::parse_format(format);
    if (!known) return tl::unexpected(known.error());
  }
  if (options.outputs.size() > output.options_.formats.size()) {
    return fail(ErrorCode::invalid_input, "--output: more outputs than formats",
                "Give one --format for each --output");
  }
  if (!options.fail_on.empty()) {
    const auto severity = parse_severity(options.fail_on);
    if (!severity) return tl::unexpected(severity.error());
    output.fail_on_ = *severity;
  }
  if (options.new_only && options.baseline.empty()) {
    return fail(ErrorCode::invalid_input, "--new-only: new against what?",
                "Give --baseline REPORT.json");
  }
  if (!options.baseline.empty()) {
    auto baseline = read_report(options.baseline);
    if (!baseline) return tl::unexpected(baseline.error());
    output.baseline_ = *std::move(baseline);
  }
  if (!options.suppress.empty()) {
    auto rules = read_suppressions(options.suppress);
    if (!rules) return tl::unexpected(rules.error());
    output.suppressions_ = *std::move(rules);
  }
  return output;
}

Status ReportOutput::suppress(scan::Report& report, std::string_view today) const {
  if (suppressions_.empty()) return {};
  if (!has_all_findings(report)) {
    return fail(ErrorCode::invalid_input, "--suppress: this report was written with --new-only",
                "Give the report of a scan without it");
  }
  report::suppress(report, suppressions_, today);
  scan::score(report);
  return {};
}

Status ReportOutput::write(scan::Report& report) const {
  if (baseline_) report::compare(report, *baseline_);
  if (options_.new_only) report::keep_new(report);
  for (std::size_t i = 0; i < options_.formats.size(); ++i) {
    const auto format = report::parse_format(options_.formats[i]);
    if (!format) return tl::unexpected(format.error());
    const bool to_file = i < options_.outputs.size() && options_.outputs[i] != "-";
    report::RenderOptions how;
    how.colour = !to_file && isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    const auto text = report::render(report, *format, how);
    if (!text) return tl::unexpected(text.error());
    if (!to_file) {
      fmt::print("{}", *text);
      continue;
    }
    const Status written = write_file(options_.outputs[i], *text);
    if (!written) return written;
  }
  if (options_.explain_score) explain(report);
  return {};
}

int ReportOutput::gate(const scan::Report& report, std::string_view command) const {
  if (report.interrupted) return kExitInterrupted;
  // Neither passed nor failed: nothing could be tested.
  if (report.coverage <= 0) {
    fmt::print(stderr, "{}: no check could be decided. {}\n", command,
               report.notes.empty() ? "See the report" : report.notes.back());
    return kExitUnreachable;
  }
  if (report.score < options_.fail_under) return kExitGateFailed;
  for (const scan::Finding& finding : report.findings) {
    if (fail_on_ >= 0 && static_cast<int>(finding.severity) >= fail_on_ && !finding.suppressed &&
        finding.confidence != scan::Confidence::tentative) {
      return kExitGateFailed;
    }
  }
  if (report.coverage * 100 < options_.min_coverage) {
    fmt::print(stderr, "{}: coverage {:.0f} % is below --min-coverage {}\n", command,
               100 * report.coverage, options_.min_coverage);
    return kExitCoverage;
  }
  return kExitOk;
}

Result<scan::Report> read_report(const std::string& path) {
  const auto text = read_file(path, report::kMaxReportBytes);
  if (!text) return tl::unexpected(text.error());
  return report::read_json(*text, path);
}

}  // namespace weir::cli
