#include "cli/serve_command.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/process_environment.h"
#include "net/grpc/server.h"
#include "net/http_server.h"
#include "serve/http_api.h"
#include "serve/rls/api.h"
#include "serve/service.h"

namespace weir::cli {
namespace {

struct ServeArguments {
  std::string policy;
  std::string http = "127.0.0.1:8080";
  std::string grpc;
  int threads = 0;
  int store_threads = 32;
  int drain_seconds = 30;
};

// One line an event, on standard error, where systemd and containers look for it.
void log(std::string_view line) {
  fmt::print(stderr, "weir: {}\n", line);
}

int cannot(const Error& error) {
  log(error.to_string());
  return kExitUsage;
}

// Signals are waited for instead of handled: every thread that starts later has them blocked.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void reload(serve::Service& service) {
  const Status done = service.reload();
  if (done) return log("policy read anew: " + service.description());
  log(fmt::format("the policy stays as it is: {}", done.error().to_string()));
}

int serve(const ServeArguments& arguments) {
  const Result<net::ListenAddress> http = net::ListenAddress::parse(arguments.http);
  if (!http) return cannot(Error(http.error()).at("--http"));
  Result<net::ListenAddress> grpc = net::ListenAddress{};
  if (!arguments.grpc.empty()) grpc = net::ListenAddress::parse(arguments.grpc);
  if (!grpc) return cannot(Error(grpc.error()).at("--grpc"));
  const sigset_t signals = block_signals();

  base::SystemClock clock;
  Result<std::unique_ptr<serve::Service>> opened =
      serve::Service::open({.policy_file = arguments.policy,
                            .store_threads = arguments.store_threads,
                            .version = WEIR_VERSION},
                           process_environment(), clock, log);
  if (!opened) return cannot(opened.error());
  serve::Service& service = **opened;
  serve::HttpApi api(service);
  serve::rls::RlsApi rls(service);
  const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);
  const int threads = arguments.threads > 0 ? arguments.threads : static_cast<int>(cores);
  Result<std::unique_ptr<net::HttpServer>> listening = net::HttpServer::listen(
      *http, {.threads = threads}, [&api](const net::ServerRequest& request, net::Answer answer) {
        api.answer(request, std::move(answer));
      });
  if (!listening) return cannot(listening.error());
  net::HttpServer& server = **listening;
  service.watch("http", [&server] { return server.connections(); });
  log(fmt::format("HTTP on {}; {}: {}", server.address().to_string(), arguments.policy,
                  service.description()));
  std::unique_ptr<net::GrpcServer> grpc_server;
  if (!arguments.grpc.empty()) {
    Result<std::unique_ptr<net::GrpcServer>> started = net::GrpcServer::listen(
        *grpc, {.threads = threads}, [&rls](net::GrpcCall call, const net::GrpcAnswer& answer) {
          rls.answer(std::move(call), answer);
        });
    if (!started) return cannot(started.error());
    grpc_server = *std::move(started);
    service.watch("grpc", [&grpc_server] { return grpc_server->connections(); });
    log("gRPC on " + grpc_server->address().to_string());
  }
  const bool is_local =
      server.address().is_local() && (grpc_server == nullptr || grpc_server->address().is_local());
  if (!is_local)
    log("whoever reaches this address can use limits up: let only your own proxies and services");
  // The log hears of what is wrong; decisions follow the failure policies meanwhile.
  static_cast<void>(service.check_store());

  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGHUP) {
      reload(service);
      continue;
    }
    log(fmt::format("ending: answering what has begun, for {} s at most", arguments.drain_seconds));
    api.set_draining();
    rls.set_draining();
    const Duration until = base::monotonic_now() + std::chrono::seconds(arguments.drain_seconds);
    bool done = grpc_server == nullptr || grpc_server->drain(until - base::monotonic_now());
    done = server.drain(std::max(until - base::monotonic_now(), Duration::zero())) && done;
    listening->reset();  // nobody reads the other's metrics from now on
    log(done ? "ended" : "ended with connections that were still open");
    return kExitOk;
  }
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ServeArguments>();
  CLI::App* command = app.add_subcommand(
      "serve",
      "Decide for proxies and services over the network, until SIGTERM; SIGHUP reads the "
      "policy anew");
  command->add_option("--policy", arguments->policy, "The policy file")->required();
  command->add_option("--http", arguments->http, "Where to listen: address:port, or unix:/path")
      ->capture_default_str();
  command->add_option(
      "--grpc", arguments->grpc,
      "Where to answer Envoy's RateLimitService, in the same way; not unless given");
  command->add_option("--threads", arguments->threads, "Threads for connections; 0: one a core")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  command
      ->add_option("--store-threads", arguments->store_threads,
                   "Decisions that ask a remote store at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--drain", arguments->drain_seconds, "Seconds to answer what has begun")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = serve(*arguments); });
}

}  // namespace weir::cli
