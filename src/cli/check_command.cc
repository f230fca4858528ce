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
#include "cli/process_environment.h"
#include "engine/dry_run_store.h"
#include "engine/limiter.h"
#include "engine/open_store.h"
#include "policy/nearest.h"
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

// What --set says of who is asking.
struct Facts {
  std::string client_ip = "127.0.0.1";
  std::optional<std::string> api_key;
  std::optional<std::string> user;
  bool key_known = true;
};

Result<Facts> facts_of(const std::vector<std::string>& assignments) {
  static const std::vector<std::string_view> kNames = {"client_ip", "api_key", "user", "key_known"};
  Facts facts;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    const std::string name = assignment.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : assignment.substr(equals + 1);
    if (equals == std::string::npos) {
      return fail(ErrorCode::invalid_input, "'" + policy::excerpt(name) + "' sets nothing",
                  "Write --set NAME=VALUE, for example --set client_ip=192.0.2.1");
    }
    if (name == "client_ip") {
      facts.client_ip = value;
    } else if (name == "api_key") {
      facts.api_key = value;
    } else if (name == "user") {
      facts.user = value;
    } else if (name == "key_known" && (value == "true" || value == "false")) {
      facts.key_known = value == "true";
    } else if (name == "key_known") {
      return fail(ErrorCode::invalid_input, "key_known is neither true nor false",
                  "Write --set key_known=false for a key that the application does not know");
    } else {
      return fail(ErrorCode::invalid_input, "'" + policy::excerpt(name) + "' cannot be set",
                  policy::suggest(name, kNames));
    }
  }
  return facts;
}

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

  std::vector<identity::HeaderField> headers;
  if (facts->api_key) headers.push_back({header, *facts->api_key});
  engine::DecisionRecord record;
  const Decision decision =
      (*limiter)->decide({.peer = facts->client_ip,
                          .headers = headers,
                          .method = arguments.method,
                          .route = arguments.route,
                          .user = facts->user,
                          .key_standing = facts->key_known ? identity::KeyStanding::known
                                                           : identity::KeyStanding::unknown,
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
  command->add_option("--set", arguments->facts,
                      "Who asks: client_ip=, api_key=, user=, key_known=true|false");
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
