#include "cli/tap_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/process_environment.h"
#include "cli/tap_setup.h"
#include "cli/tap_show.h"
#include "tap/fault.h"
#include "tap/recorder.h"

namespace weir::cli {
namespace {

// How long exchanges that have begun may take after Ctrl-C.
constexpr Duration kPatience = std::chrono::seconds(5);

struct TapOptions {
  std::string listen = "127.0.0.1:8001";
  std::string upstream;
  std::string record;
  std::string region;
  bool listen_anywhere = false;
  bool sign = false;
  bool values = false;
  std::vector<std::string> faults;
  std::uint64_t seed = 0;
};

int complain(const Error& error, int exit_code) {
  fmt::print(stderr, "weir tap: {}\n", error.to_string());
  return exit_code;
}

// Blocks until Ctrl-C or SIGTERM. Threads started before have them blocked as well.
void wait_for_the_end(const sigset_t& ends) {
  int signal = 0;
  sigwait(&ends, &signal);
}

int run(const TapOptions& options) {
  const auto listen = tap_listen_address(options.listen, options.listen_anywhere);
  if (!listen) return complain(listen.error(), kExitUsage);
  const auto upstream = tap_upstream(options.upstream);
  if (!upstream) return complain(upstream.error(), kExitUsage);
  std::vector<tap::Fault> faults;
  for (const std::string& text : options.faults) {
    const auto fault = tap::Fault::parse(text);
    if (!fault) return complain(fault.error(), kExitUsage);
    faults.push_back(*fault);
  }

  base::SystemClock clock;
  tap::ProxyOptions proxied{.listen = *listen, .upstream = upstream->endpoint()};
  if (options.sign || upstream->is_tls()) {
    auto signer = tap_signer(*upstream, options.region, process_environment(), clock);
    if (!signer) return complain(signer.error(), kExitUsage);
    proxied.sign = *std::move(signer);
  }
  if (!faults.empty()) proxied.treat = tap::FaultInjector(faults, options.seed);
  std::ofstream file;
  std::unique_ptr<tap::Recorder> recorder;
  if (!options.record.empty()) {
    file.open(options.record, std::ios::binary | std::ios::trunc);
    recorder = std::make_unique<tap::Recorder>(
        tap::RecorderOptions{.file = &file,
                             .head = {.upstream = upstream->Endpoint::to_string(),
                                      .started = clock.now(),
                                      .values = options.values},
                             .salt = new_salt()});
    if (!file) {
      return complain({ErrorCode::unavailable, options.record + ": cannot be written",
                       "Check the folder and its rights"},
                      kExitUsage);
    }
    proxied.saw = [&recorder](tap::Exchange seen) { recorder->record(std::move(seen)); };
  }

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const auto proxy = tap::Proxy::start(std::move(proxied), clock);
  if (!proxy) return complain(proxy.error(), kExitUsage);
  fmt::print(stderr, "weir tap: http://{} passes on to {}; Ctrl-C ends it\n",
             (*proxy)->address().to_string(), upstream->Endpoint::to_string());
  wait_for_the_end(ends);
  (*proxy)->stop(kPatience);
  const std::uint64_t exchanges = (*proxy)->exchanges();
  recorder.reset();
  if (!options.record.empty() && !file) {
    return complain({ErrorCode::unavailable, options.record + ": could not be written to its end",
                     "Make room, or record elsewhere"},
                    kExitUsage);
  }
  fmt::print(stderr, "weir tap: {} exchanges{}\n", exchanges,
             options.record.empty() ? "" : ", recorded in " + options.record);
  return kExitOk;
}

}  // namespace

void add_tap_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<TapOptions>();
  CLI::App* tap = app.add_subcommand("tap", "See what an application asks DynamoDB");
  tap->add_option("--listen", options->listen, "Where the application connects to")
      ->capture_default_str();
  tap->add_flag("--listen-anywhere", options->listen_anywhere,
                "Allow --listen on an address that other machines reach");
  tap->add_option("--upstream", options->upstream,
                  "DynamoDB, such as http://127.0.0.1:8000 or "
                  "https://dynamodb.eu-west-1.amazonaws.com");
  tap->add_flag("--sign", options->sign,
                "Sign requests anew with credentials of this process's; always done for https");
  tap->add_option("--region", options->region, "AWS region to sign for");
  tap->add_option("--record", options->record, "Write what is asked to this file (JSON Lines)");
  tap->add_flag("--values", options->values, "Record texts as they are, not as marks");
  tap->add_option(
      "--fault", options->faults,
      "What to do to calls: KIND[:op=NAME,table=NAME,key=TEXT,percent=1-100,ms=NUMBER]; "
      "KIND is throttle, 500, timeout, cut, lose, 500-after or delay. Repeatable: the "
      "first that concerns a call counts");
  tap->add_option("--seed", options->seed, "Of the dice that percentages throw")
      ->capture_default_str();
  add_tap_show_command(*tap, exit_code);
  tap->callback([options, tap, &exit_code] {
    if (!tap->get_subcommands().empty()) return;
    if (options->upstream.empty()) throw CLI::RequiredError("--upstream");
    exit_code = run(*options);
  });
}

}  // namespace weir::cli
