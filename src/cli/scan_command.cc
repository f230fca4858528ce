#include "cli/scan_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/process_environment.h"
#include "cli/report_output.h"
#include "cli/resume.h"
#include "cli/scan_plan.h"
#include "cli/scan_progress.h"
#include "cli/scan_store.h"
#include "cli/webhook.h"
#include "net/listen_address.h"
#include "net/url.h"
#include "scan/experiment/rounds.h"
#include "scan/probe/callback.h"
#include "scan/probe/http_transport.h"
#include "scan/probe/redact.h"
#include "scan/scan.h"
#include "scan/utc.h"

namespace weir::cli {
namespace {

// Set by Ctrl-C; the scan then ends with a partial report.
std::atomic<bool> interrupted{false};

int complain(const Error& error, int exit_code) {
  fmt::print(stderr, "weir scan: {}\n", error.to_string());
  return exit_code;
}

// Keeps the report, and tells the web hook if it is worse than the one before. A web hook that
// cannot be reached is told, and changes nothing else.
Status keep(const scan::Report& report, const ScanOptions& options) {
  if (options.store.empty() || report.interrupted) return {};
  const auto store = ScanStore::open(options.store, /*make=*/true);
  if (!store) return tl::unexpected(store.error());
  const auto before = store->newest_of(report.target);
  Status saved = store->save(report);
  if (!saved || options.webhook.empty() || !before || !is_worse(report, *before)) return saved;
  const auto url = parse_webhook(options.webhook);
  if (!url) return tl::unexpected(url.error());
  const Status told = post_webhook(*url, report, *before);
  if (!told) complain(told.error(), kExitOk);
  return {};
}

// Where a target that fetches URLs for its callers shows itself; null: nowhere.
Result<std::unique_ptr<scan::HttpCallback>> listen_for_callbacks(const ScanOptions& options,
                                                                 const scan::ScanPlan& plan) {
  const std::string text =
      options.callback.empty() && plan.loopback ? "127.0.0.1:0" : options.callback;
  if (text.empty() || !scan::wants_callback(plan)) return nullptr;
  const auto address = net::ListenAddress::parse(text);
  if (!address) return tl::unexpected(Error(address.error()).at("--callback"));
  if (address->is_unix()) {
    return fail(ErrorCode::invalid_input, "--callback: a target reaches no Unix socket",
                "Give an address and a port, such as 10.0.0.5:0");
  }
  std::vector<std::string> secrets;
  for (const scan::ScanOperation& operation : plan.operations) {
    for (const scan::Header& header : operation.request.headers) {
      if (!scan::is_secret_name(header.name)) continue;
      secrets.push_back(header.value.substr(header.value.find(' ') + 1));
    }
  }
  auto listening = scan::HttpCallback::listen(*address, std::move(secrets));
  if (!listening) return tl::unexpected(Error(listening.error()).at("--callback"));
  return listening;
}

int scan_once(const ScanOptions& options) {
  if (options.url.empty()) {
    return complain({ErrorCode::invalid_input, "there is no URL",
                     "Give the operation to scan: weir scan http://127.0.0.1:8000/api/quote"},
                    kExitUsage);
  }
  const auto url = net::Url::parse(options.url);
  if (!url) return complain(url.error(), kExitUsage);
  const auto output = ReportOutput::create(options.output);
  if (!output) return complain(output.error(), kExitUsage);

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

  auto made = make_scan_plan(options, *url);
  if (!made) return complain(made.error(), kExitUsage);
  scan::ScanPlan plan = *std::move(made);
  std::optional<Resumption> resumption;
  if (!options.resume.empty()) {
    auto earlier = read_report(options.resume);
    if (!earlier) return complain(earlier.error(), kExitUsage);
    auto resumed = resume(*std::move(earlier), plan, options.seed != 0);
    if (!resumed) return complain(resumed.error(), kExitUsage);
    resumption = *std::move(resumed);
  }
  if (options.plan) {
    print_plan(plan, options);
    return kExitOk;
  }
  plan.loopback = (*transport)->is_loopback_v4();
  if (url->is_tls()) {
    plan.look_at_tls = [&clock, endpoint = url->endpoint(), deadline = http.deadline] {
      return scan::look_at_tls(endpoint, clock, deadline);
    };
  }
  auto callback = listen_for_callbacks(options, plan);
  if (!callback) return complain(callback.error(), kExitUsage);
  if (*callback) plan.callback = &(*callback)->callback();
  plan.bounds.per_second = (*transport)->is_loopback() ? 1000 : 50;

  ScanProgress progress(options.quiet);
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  const auto wait = [&](Time until, std::string_view why) {
    return wait_until(clock, until, why, progress, interrupted);
  };
  scan::ScanResult result = scan::run_scan(plan, **transport, clock, wait, progress);
  progress.clear();
  if (result.failure && !result.report.interrupted) {
    return complain({ErrorCode::unavailable, result.failure->message, result.failure->cure},
                    kExitUnreachable);
  }
  if (resumption) add_earlier(result.report, *std::move(resumption));
  const Status marked = output->suppress(result.report, scan::rfc3339(clock.now()).substr(0, 10));
  if (!marked) return complain(marked.error(), kExitUsage);
  const Status kept = keep(result.report, options);
  if (!kept) return complain(kept.error(), kExitUsage);
  const Status written = output->write(result.report);
  if (!written) return complain(written.error(), kExitUsage);
  return output->gate(result.report, "weir scan");
}

// Scans again and again, until it is interrupted.
int watch(const ScanOptions& options, Duration every) {
  base::SystemClock clock;
  ScanProgress progress(options.quiet);
  for (bool first = true;; first = false) {
    const Time next = clock.now() + every;
    const int code = scan_once(options);
    if (first && code == kExitUsage) return code;
    if (interrupted) return code;
    if (!wait_until(clock, next, "until the next scan", progress, interrupted)) return kExitOk;
  }
}

int run(const ScanOptions& options) {
  if (!options.webhook.empty()) {
    if (options.store.empty()) {
      return complain({ErrorCode::invalid_input, "--webhook: worse than what?", "Give --store too"},
                      kExitUsage);
    }
    const auto url = parse_webhook(options.webhook);
    if (!url) return complain(url.error(), kExitUsage);
  }
  if (options.every.empty()) return scan_once(options);
  if (options.store.empty()) {
    return complain({ErrorCode::invalid_input, "--every: the reports have to go somewhere",
                     "Give --store FOLDER"},
                    kExitUsage);
  }
  const auto every = parse_duration(options.every);
  if (!every) return complain(Error(every.error()).at("--every"), kExitUsage);
  return watch(options, *every);
}

}  // namespace

void add_scan_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* command =
      app.add_subcommand("scan", "Test whether the limits of an API can be got around");
  command->add_option("url", options->url,
                      "The operation to scan, or with --spec the API's origin");
  command->add_option("--config", options->config,
                      "YAML file of these options; what the command line says wins");
  command->add_option("--method", options->method, "GET unless there is a body")
      ->check(CLI::IsMember({"GET", "HEAD", "POST"}));
  command->add_option("--body", options->body, "Text to send, or @FILE");
  command->add_flag("--allow-writes", options->allow_writes,
                    "Allow POST: on a test instance, with a test account");
  command->add_option("--header", options->headers, "'Name: value', as often as needed");
  command->add_option("--as-other", options->as_other,
                      "'Name: value', a header with the credential of another, ordinary user");
  command->add_option("--callback", options->callback,
                      "ADDRESS:PORT of this machine that the target reaches, to see what it "
                      "fetches; 127.0.0.1:0 for a target on this machine");
  command
      ->add_option("--canary", options->canary,
                   "A text that you put into a model's instructions, to see whether it comes "
                   "out")
      ->check([](const std::string& text) {
        return text.size() < 8 ? std::string("give 8 characters or more") : std::string();
      });
  command->add_option("--expired-token", options->expired_token,
                      "A JWT of yours that has ended, for the category authentication");
  command->add_option(
      "--spec", options->spec,
      "OpenAPI document (2.0, 3.0, 3.1; YAML or JSON): a file, or a URL of the target");
  command
      ->add_option("--operations", options->operations,
                   "Only these: operationId, path, or 'METHOD path'")
      ->delimiter(',');
  command->add_option("--exclude", options->exclude, "Not these: as for --operations")
      ->delimiter(',');
  std::vector<std::string> categories = scan::category_names();
  categories.emplace_back("all");
  command
      ->add_option("--category", options->categories,
                   fmt::format("Which checks run: all, or some of {}",
                               fmt::join(scan::category_names(), ", ")))
      ->delimiter(',')
      ->check(CLI::IsMember(categories));
  command->add_option("--max-requests", options->max_requests, "In all")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      ->add_option("--max-wait", options->max_wait_s,
                   "Seconds; the longest window that is waited for")
      ->check(CLI::Range(1.0, scan::kLongestWaitS))
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
  command->add_option("--resume", options->resume,
                      "Partial JSON report of an interrupted scan: scan only what it lacks");
  command->add_option("--store", options->store, "Keep the report in this folder, for weir trend");
  command->add_option("--every", options->every,
                      "Scan again and again, such as 6h; needs --store. Ctrl-C ends it");
  command->add_option("--webhook", options->webhook,
                      "URL that is told when a scan is worse than the stored one before");
  add_report_options(*command, options->output);
  command->callback([command, options, &exit_code] {
    if (!options->config.empty()) {
      const Status read = apply_config(*command, options->config, process_environment());
      if (!read) {
        exit_code = complain(read.error(), kExitUsage);
        return;
      }
    }
    exit_code = run(*options);
  });
}

}  // namespace weir::cli
