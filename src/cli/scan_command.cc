#include "cli/scan_command.h"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/scan_plan.h"
#include "cli/scan_progress.h"
#include "net/url.h"
#include "report/report.h"
#include "scan/probe/http_transport.h"
#include "scan/scan.h"

namespace weir::cli {
namespace {

// Set by Ctrl-C; the scan then ends with a partial report.
std::atomic<bool> interrupted{false};

int complain(const Error& error, int exit_code) {
  fmt::print(stderr, "weir scan: {}\n", error.to_string());
  return exit_code;
}

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

// Writes each format to the output of the same place; without an output, to standard output.
Status write_reports(const scan::Report& report, const ScanOptions& options) {
  std::vector<std::string> formats = options.formats;
  if (formats.empty()) formats = {"text"};
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const auto format = report::parse_format(formats[i]);
    if (!format) return tl::unexpected(format.error());
    const bool to_file = i < options.outputs.size() && options.outputs[i] != "-";
    report::RenderOptions how;
    how.colour = !to_file && isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    const auto text = report::render(report, *format, how);
    if (!text) return tl::unexpected(text.error());
    if (!to_file) {
      fmt::print("{}", *text);
      continue;
    }
    std::ofstream file(options.outputs[i], std::ios::binary | std::ios::trunc);
    file << *text;
    file.close();
    if (!file) {
      return fail(ErrorCode::unavailable, options.outputs[i] + ": cannot be written",
                  "Check the folder and its rights");
    }
  }
  return {};
}

int gate(const scan::Report& report, const ScanOptions& options, int fail_on) {
  if (report.interrupted) return kExitInterrupted;
  // Neither passed nor failed: nothing could be tested.
  if (report.coverage <= 0) {
    return complain({ErrorCode::unavailable, "no check could be decided",
                     report.notes.empty() ? "See the report" : report.notes.back()},
                    kExitUnreachable);
  }
  if (report.score < options.fail_under) return kExitGateFailed;
  for (const scan::Finding& finding : report.findings) {
    if (fail_on >= 0 && static_cast<int>(finding.severity) >= fail_on &&
        finding.confidence != scan::Confidence::tentative) {
      return kExitGateFailed;
    }
  }
  return kExitOk;
}

int run(const ScanOptions& options) {
  const auto url = net::Url::parse(options.url);
  if (!url) return complain(url.error(), kExitUsage);
  int fail_on = -1;
  if (!options.fail_on.empty()) {
    const auto severity = parse_severity(options.fail_on);
    if (!severity) return complain(severity.error(), kExitUsage);
    fail_on = *severity;
  }
  for (const std::string& format : options.formats) {
    const auto known = report::parse_format(format);
    if (!known) return complain(known.error(), kExitUsage);
  }
  if (options.outputs.size() > std::max<std::size_t>(1, options.formats.size())) {
    return complain({ErrorCode::invalid_input, "--output: more outputs than formats",
                     "Give one --format for each --output"},
                    kExitUsage);
  }

  auto made = make_scan_plan(options, *url);
  if (!made) return complain(made.error(), kExitUsage);
  scan::ScanPlan plan = *std::move(made);

  base::SystemClock clock;
  scan::HttpOptions http;
  http.deadline = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000));
  http.verify_tls = !options.insecure;
  auto transport = scan::HttpTransport::create(url->endpoint(), clock, http);
  if (!transport) return complain(transport.error(), kExitUnreachable);
  if (!(*transport)->is_loopback() && !options.authorized) {
    return complain(
        {ErrorCode::unauthorized, url->host + " is not this machine, so it is not scanned unasked",
         "If you may test it, add --i-am-authorized"},
        kExitUsage);
  }
  if (options.plan) {
    print_plan(plan, options);
    return kExitOk;
  }
  plan.loopback = (*transport)->is_loopback_v4();
  plan.bounds.per_second = (*transport)->is_loopback() ? 1000 : 50;

  ScanProgress progress(options.quiet);
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  const auto wait = [&](Time until, std::string_view why) {
    return wait_until(clock, until, why, progress, interrupted);
  };
  const scan::ScanResult result = scan::run_scan(plan, **transport, clock, wait, progress);
  progress.clear();
  if (result.failure && !result.report.interrupted) {
    return complain({ErrorCode::unavailable, result.failure->message, result.failure->cure},
                    kExitUnreachable);
  }
  const Status written = write_reports(result.report, options);
  if (!written) return complain(written.error(), kExitUsage);
  if (options.explain_score) explain(result.report);
  return gate(result.report, options, fail_on);
}

}  // namespace

void add_scan_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* command =
      app.add_subcommand("scan", "Test whether the limits of an API can be got around");
  command->add_option("url", options->url, "The operation to scan, or with --spec the API's origin")
      ->required();
  command->add_option("--method", options->method, "GET unless there is a body")
      ->check(CLI::IsMember({"GET", "HEAD", "POST"}));
  command->add_option("--body", options->body, "Text to send, or @FILE");
  command->add_flag("--allow-writes", options->allow_writes,
                    "Allow POST: on a test instance, with a test account");
  command->add_option("--header", options->headers, "'Name: value', as often as needed");
  command->add_option("--spec", options->spec, "OpenAPI document (2.0, 3.0, 3.1; YAML or JSON)");
  command
      ->add_option("--operations", options->operations,
                   "Only these: operationId, path, or 'METHOD path'")
      ->delimiter(',');
  command->add_option("--format", options->formats,
                      "text, json, html, sarif, junit or markdown; several at once");
  command->add_option("--output", options->outputs,
                      "A file for the --format of the same place; - is standard output");
  command->add_option("--fail-under", options->fail_under, "Exit with 1 if the score is below this")
      ->check(CLI::Range(0, 100));
  command->add_option("--fail-on", options->fail_on,
                      "Exit with 1 on a finding of this severity or above");
  command->add_option("--max-requests", options->max_requests, "In all")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      ->add_option("--max-wait", options->max_wait_s,
                   "Seconds; the longest window that is waited for")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout_s, "Seconds, for each answer")
      ->check(CLI::Range(0.1, 120.0))
      ->capture_default_str();
  command->add_flag("--i-am-authorized", options->authorized,
                    "You may test this host: needed for any but this machine");
  command->add_flag("--insecure", options->insecure, "Do not verify the TLS certificate");
  command->add_option("--seed", options->seed, "Repeat the made-up values of an earlier scan");
  command->add_flag("--quiet", options->quiet, "No progress on standard error");
  command->add_flag("--plan", options->plan, "Say what would be sent, and send nothing");
  command->add_flag("--explain-score", options->explain_score, "Print how the score came about");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace weir::cli
