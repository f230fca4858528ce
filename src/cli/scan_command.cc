#include "cli/scan_command.h"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/system_clock.h"
#include "cli/commands.h"
#include "net/url.h"
#include "openapi/document.h"
#include "report/report.h"
#include "scan/probe/http_transport.h"
#include "scan/scan.h"

namespace weir::cli {
namespace {

constexpr std::size_t kMaxSpecBytes = openapi::kMaxDocumentBytes;
constexpr std::size_t kMaxBodyFileBytes = 1024 * 1024;
constexpr std::size_t kMaxHeaders = 64;

// Set by Ctrl-C; the scan then ends with a partial report.
std::atomic<bool> interrupted{false};

struct Options {
  std::string url;
  std::string method;
  std::string body;
  bool allow_writes = false;
  std::string spec;
  std::vector<std::string> operations;
  std::vector<std::string> headers;
  std::vector<std::string> formats;
  std::vector<std::string> outputs;
  int fail_under = 0;
  std::string fail_on;
  int max_requests = 2000;
  double max_wait_s = 65;
  double timeout_s = 10;
  bool authorized = false;
  bool insecure = false;
  std::uint64_t seed = 0;
  bool quiet = false;
  bool plan = false;
  bool explain_score = false;
};

int complain(const Error& error, int exit_code) {
  fmt::print(stderr, "weir scan: {}\n", error.to_string());
  return exit_code;
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(ErrorCode::not_found, path + ": cannot be opened", "Check the path");
  }
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return fail(ErrorCode::unavailable, path + ": cannot be read", "Check the file");
  if (text.size() > most) {
    return fail(ErrorCode::limit_exceeded, fmt::format("{}: larger than {} bytes", path, most),
                "Give a smaller file");
  }
  return text;
}

Result<scan::Header> parse_header(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    // The text itself may hold a credential: it is not repeated.
    return fail(ErrorCode::invalid_input, "--header: not of the form 'Name: value'",
                "Write --header 'X-API-Key: ...'");
  }
  const std::size_t start = text.find_first_not_of(' ', colon + 1);
  scan::Header header{text.substr(0, colon), start == std::string::npos ? "" : text.substr(start)};
  if (text.find_first_of("\r\n") != std::string::npos || text.find('\0') != std::string::npos) {
    return fail(ErrorCode::invalid_input,
                "--header " + header.name + ": a line break is not part of a header",
                "Give one --header for each header");
  }
  return header;
}

bool is_read_only(const std::string& method) {
  return method == "GET" || method == "HEAD";
}

Result<int> parse_severity(const std::string& name) {
  for (const auto severity : {scan::Severity::info, scan::Severity::low, scan::Severity::medium,
                              scan::Severity::high, scan::Severity::critical}) {
    if (name == scan::to_string(severity)) return static_cast<int>(severity);
  }
  return fail(ErrorCode::invalid_input, "--fail-on " + name + ": not a severity",
              "Use info, low, medium, high or critical");
}

// What every probe carries, so that operators can tell the scan from other traffic.
void identify(scan::Request& request, const std::string& scan_id) {
  if (!scan::find_header(request.headers, "User-Agent")) {
    request.add_header("User-Agent", std::string("weir-scan/") + WEIR_VERSION);
  }
  if (!scan::find_header(request.headers, "Accept")) request.add_header("Accept", "*/*");
  request.add_header("X-Weir-Scan", scan_id);
}

Result<scan::Request> request_from_options(const Options& options, const std::string& target) {
  scan::Request request;
  request.target = target;
  request.method = !options.method.empty() ? options.method : options.body.empty() ? "GET" : "POST";
  for (const std::string& text : options.headers) {
    auto header = parse_header(text);
    if (!header) return tl::unexpected(header.error());
    request.headers.push_back(*header);
  }
  if (!options.body.empty()) {
    request.body = options.body;
    if (options.body.front() == '@') {
      auto text = read_file(options.body.substr(1), kMaxBodyFileBytes);
      if (!text) return tl::unexpected(text.error());
      request.body = *text;
    }
    if (!scan::find_header(request.headers, "Content-Type")) {
      request.add_header("Content-Type",
                         request.body->starts_with('{') || request.body->starts_with('[')
                             ? "application/json"
                             : "application/x-www-form-urlencoded");
    }
  }
  return request;
}

// Why an operation of a document is left alone; empty: it is scanned.
std::string reason_to_skip(const openapi::Operation& operation, const Options& options) {
  const std::string name = operation.method + " " + operation.base_path + operation.path;
  if (!options.operations.empty()) {
    const bool wanted = std::any_of(
        options.operations.begin(), options.operations.end(), [&](const std::string& text) {
          return text == name || text == operation.operation_id || text == operation.path ||
                 text == operation.method + " " + operation.path;
        });
    if (!wanted) return "not among --operations";
  }
  if (!is_read_only(operation.method) && !options.allow_writes) {
    return "it may change something: allow it with --allow-writes";
  }
  if (operation.method != "GET" && operation.method != "HEAD" && operation.method != "POST") {
    return "only GET, HEAD and POST are sent";
  }
  if (!operation.unfilled.empty()) {
    return "no known value for " + operation.unfilled.front();
  }
  return "";
}

Status operations_from_spec(const Options& options, const net::Url& url, scan::ScanPlan& plan) {
  auto text = read_file(options.spec, kMaxSpecBytes);
  if (!text) return tl::unexpected(text.error());
  auto document = openapi::read_document(*text, options.spec);
  if (!document) return tl::unexpected(document.error());
  std::string prefix(url.path());
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  for (const openapi::Operation& operation : document->operations) {
    const std::string name = operation.method + " " + operation.path;
    const std::string reason = reason_to_skip(operation, options);
    if (!reason.empty()) {
      plan.skipped.push_back({name, reason});
      continue;
    }
    auto request = request_from_options(options, operation.target());
    if (!request) return tl::unexpected(request.error());
    // The URL's path stands for a prefix that the document does not know, unless it knows it.
    if (!prefix.empty() && !operation.base_path.starts_with(prefix)) {
      request->target = prefix + request->target;
    }
    request->method = operation.method;
    for (const openapi::NameValue& header : operation.headers) {
      if (!scan::find_header(request->headers, header.name)) {
        request->add_header(header.name, header.value);
      }
    }
    if (operation.body && !request->body && operation.method == "POST") {
      request->body = operation.body->text;
      request->set_header("Content-Type", operation.body->content_type);
    }
    plan.operations.push_back({std::move(*request)});
  }
  if (plan.operations.empty()) {
    return fail(ErrorCode::invalid_input, options.spec + ": no operation of it can be scanned",
                plan.skipped.empty()
                    ? "The document lists no operations"
                    : plan.skipped.front().name + ": " + plan.skipped.front().reason);
  }
  return {};
}

// Progress on stderr: one line that is rewritten on a terminal, one line an event elsewhere.
class Progress final : public scan::Listener {
 public:
  explicit Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~Progress() override { clear(); }

  void operation_began(const std::string& name) override { line(name); }
  void step(const std::string& what) override {
    step_ = what;
    if (!terminal_) line("  " + what);
    show("");
  }
  void found(const scan::Finding& finding) override {
    line(fmt::format("  found: {} ({}) {}", finding.id, scan::to_string(finding.severity),
                     finding.title));
  }
  void waiting(double seconds, std::string_view why) {
    show(fmt::format("{} ({:.0f} s)", why, seconds));
  }
  void clear() {
    if (!quiet_ && terminal_) fmt::print(stderr, "\r\033[K");
  }

 private:
  void line(const std::string& text) {
    if (quiet_) return;
    clear();
    fmt::print(stderr, "{}\n", text);
  }
  void show(const std::string& detail) {
    if (quiet_ || !terminal_) return;
    const std::string text = detail.empty() ? step_ : detail;
    fmt::print(stderr, "\r\033[K  {}", text.substr(0, 78));
    std::fflush(stderr);
  }

  bool quiet_;
  bool terminal_;
  std::string step_;
};

bool wait_until(Clock& clock, Time until, std::string_view why, Progress& progress) {
  constexpr Duration kSlice = std::chrono::milliseconds(50);
  Time shown{};
  while (!interrupted) {
    const Time now = clock.now();
    if (now >= until) return true;
    if (now - shown > std::chrono::milliseconds(500)) {
      progress.waiting(std::chrono::duration<double>(until - now).count(), why);
      shown = now;
    }
    base::sleep_for(std::min<Duration>(kSlice, until - now));
  }
  return false;
}

void explain(const scan::Report& report) {
  fmt::print(stderr, "100");
  for (const scan::ScoreStep& step : report.score_steps) {
    fmt::print(stderr, "\n  x {:.2f}  {}", step.factor, step.what);
  }
  fmt::print(stderr, "\n= {} ({}), coverage {:.0f} %\n", report.score, report.grade,
             100 * report.coverage);
}

void print_plan(const scan::ScanPlan& plan, const Options& options) {
  fmt::print("Would scan {} operation(s) of {}:\n", plan.operations.size(), plan.origin);
  for (const auto& operation : plan.operations) {
    fmt::print("  {} {}\n", operation.request.method,
               operation.request.target.substr(0, operation.request.target.find('?')));
  }
  for (const auto& skipped : plan.skipped) {
    fmt::print("  not {}: {}\n", skipped.name, skipped.reason);
  }
  fmt::print(
      "Each: requests until one is refused (at most 160), about 130 variants while it is refused,\n"
      "then up to four windows of the limit with volleys of at most 40 requests at once.\n"
      "Never more than {} requests in all and {} a second; no window longer than {:.0f} s is "
      "waited "
      "for.\n",
      options.max_requests, plan.bounds.per_second, options.max_wait_s);
}

// Writes each format to the output of the same place; without an output, to standard output.
Status write_reports(const scan::Report& report, const Options& options) {
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

int gate(const scan::Report& report, const Options& options, int fail_on) {
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

int run(const Options& options) {
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

  scan::ScanPlan plan;
  plan.origin = url->Endpoint::to_string();
  plan.version = WEIR_VERSION;
  plan.seed = options.seed != 0 ? options.seed : base::entropy_seed();
  plan.max_wait_s = options.max_wait_s;
  plan.bounds.max_requests = options.max_requests;
  if (options.headers.size() > kMaxHeaders) {
    return complain({ErrorCode::limit_exceeded, fmt::format("more than {} headers", kMaxHeaders)},
                    kExitUsage);
  }
  if (options.spec.empty()) {
    auto request = request_from_options(options, url->target);
    if (!request) return complain(request.error(), kExitUsage);
    if (!is_read_only(request->method) && !options.allow_writes) {
      return complain({ErrorCode::invalid_input,
                       request->method + " may change something, so it is not sent unasked",
                       "Add --allow-writes if the target is a test instance"},
                      kExitUsage);
    }
    plan.operations.push_back({std::move(*request)});
  } else {
    const Status read = operations_from_spec(options, *url, plan);
    if (!read) return complain(read.error(), kExitUsage);
  }
  Rng scan_ids(base::entropy_seed());
  const std::string scan_id = fmt::format("{:016x}", scan_ids());
  for (auto& operation : plan.operations) identify(operation.request, scan_id);

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

  Progress progress(options.quiet);
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  const auto wait = [&](Time until, std::string_view why) {
    return wait_until(clock, until, why, progress);
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
  auto options = std::make_shared<Options>();
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
  command->add_option("--format", options->formats, "text, json or html; several at once");
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
