#include "cli/check_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/process_environment.h"
#include "engine/dry_run_store.h"
#include "engine/limiter.h"
#include "engine/open_store.h"
#include "policy/read.h"

namespace weir::cli {
namespace {

struct CheckArguments {
  std::string policy;
  std::vector<std::string> facts;  // NAME=VALUE
  std::string method = "GET";
  std::string route;
  std::int64_t cost = 1;
  bool dry_run = false;
  std::string format = "text";
};

Result<engine::DecisionRecord> decide(const CheckArguments& arguments, Clock& clock) {
  const Result<Facts> facts = facts_of(arguments.facts);
  if (!facts) return tl::unexpected(facts.error());
  Result<policy::Policy> policy = policy::load_policy(arguments.policy, process_environment());
  if (!policy) return tl::unexpected(policy.error());
  Result<std::unique_ptr<store::Store>> opened =
      engine::open_store(*policy, process_environment(), clock);
  if (!opened) return tl::unexpected(opened.error());
  std::unique_ptr<store::Store> store = *std::move(opened);
  if (arguments.dry_run) store = std::make_unique<engine::DryRunStore>(std::move(store));
  const std::string header = policy->identity.api_key.header;
  Result<std::unique_ptr<engine::Limiter>> limiter = engine::Limiter::make(
      *std::move(policy), {.clock = clock, .store = std::move(store), .on_event = {}});
  if (!limiter) return tl::unexpected(limiter.error());

  const std::vector<identity::HeaderField> headers = facts->headers(header);
  engine::DecisionRecord record;
  const Decision decision = (*limiter)->decide({.peer = facts->client_ip.value_or("127.0.0.1"),
                                                .headers = headers,
                                                .method = arguments.method,
                                                .route = arguments.route,
                                                .user = facts->user,
                                                .key_standing = facts->key_standing(),
                                                .cost = arguments.cost},
                                               &record);
  // The request that was asked about is over.
  (*limiter)->finish(decision);
  if (arguments.dry_run) {
    // Nobody has counted what is left.
    for (engine::RuleRecord& rule : record.rules) {
      if (rule.state == engine::RuleRecord::State::room) rule.remaining.reset();
    }
  }
  return record;
}

int exit_code_for(Verdict verdict) {
  switch (verdict) {
    case Verdict::admitted:
      return kExitOk;
    case Verdict::unavailable:
      return kExitUnreachable;
    case Verdict::refused:
    case Verdict::denied:
    case Verdict::malformed:
      break;
  }
  return kExitGateFailed;
}

int check(const CheckArguments& arguments) {
  base::SystemClock clock;
  const Result<engine::DecisionRecord> record = decide(arguments, clock);
  if (!record) {
    fmt::print(stderr, "weir: {}\n", record.error().to_string());
    return kExitUsage;
  }
  if (arguments.format == "json") {
    fmt::print("{}\n", engine::to_json(*record));
  } else {
    fmt::print("{}", engine::to_text(*record));
    if (arguments.dry_run) fmt::print("Nothing was charged.\n");
  }
  return exit_code_for(record->verdict);
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command =
      app.add_subcommand("check", "Say what a policy decides about one request, and why");
  command->add_option("--policy", arguments->policy, "The policy file")->required();
  command->add_option("--set", arguments->facts, std::string("Who asks: ") + kFactsHelp);
  command->add_option("--method", arguments->method, "The method")->capture_default_str();
  command->add_option("--route", arguments->route, "The matched route template");
  command->add_option("--cost", arguments->cost, "What the request costs")
      ->check(CLI::Range(std::int64_t{1}, kMaxCount))
      ->capture_default_str();
  command->add_flag("--dry-run", arguments->dry_run, "Charge nothing, ask no remote store");
  command->add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = check(*arguments); });
}

}  // namespace weir::cli
