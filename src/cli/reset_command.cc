#include "cli/reset_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/process_environment.h"
#include "engine/limiter.h"
#include "engine/open_store.h"
#include "policy/nearest.h"
#include "policy/read.h"

namespace weir::cli {
namespace {

namespace json = boost::json;
using Forgotten = engine::Limiter::Forgotten;

struct ResetArguments {
  std::string policy;
  std::vector<std::string> facts;  // NAME=VALUE
  std::string method = "GET";
  std::string route;
  std::vector<std::string> rules;  // ids; none: all that count by what is set
  std::string format = "text";
};

// What became of each rule.
using Outcomes = std::vector<std::pair<std::string, Forgotten>>;

std::string counted_by(const policy::Rule& rule) {
  std::vector<std::string_view> parts;
  for (const policy::KeyPart part : rule.key) parts.push_back(policy::to_string(part));
  return parts.empty() ? "everybody together" : fmt::format("{}", fmt::join(parts, " and "));
}

// A rule that counts everybody together is nobody's own: it is reset only if it is named.
Result<std::vector<policy::Rule>> chosen_rules(const ResetArguments& arguments,
                                               const std::vector<policy::Rule>& rules) {
  std::vector<policy::Rule> chosen;
  if (arguments.rules.empty()) {
    std::ranges::copy_if(rules, std::back_inserter(chosen),
                         [](const policy::Rule& rule) { return !rule.key.empty(); });
    return chosen;
  }
  std::vector<std::string_view> ids;
  for (const policy::Rule& rule : rules) ids.emplace_back(rule.id);
  for (const std::string& id : arguments.rules) {
    const auto found = std::ranges::find(rules, id, &policy::Rule::id);
    if (found == rules.end()) {
      return fail(ErrorCode::not_found, "there is no rule '" + policy::excerpt(id) + "'",
                  policy::suggest(id, ids));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

Result<Outcomes> forget(const ResetArguments& arguments, Clock& clock) {
  const Result<Facts> facts = facts_of(arguments.facts);
  if (!facts) return tl::unexpected(facts.error());
  Result<policy::Policy> policy = policy::load_policy(arguments.policy, process_environment());
  if (!policy) return tl::unexpected(policy.error());
  if (std::holds_alternative<policy::MemoryStore>(policy->store)) {
    return fail(ErrorCode::unsupported,
                "the policy counts in the memory of each process, where nobody else can reset it",
                "use store.kind shared or dynamodb");
  }
  const Result<std::vector<policy::Rule>> rules = chosen_rules(arguments, policy->rules);
  if (!rules) return tl::unexpected(rules.error());
  Result<std::unique_ptr<store::Store>> store =
      engine::open_store(*policy, process_environment(), clock);
  if (!store) return tl::unexpected(store.error());
  const std::string field = policy->identity.api_key.header;
  Result<std::unique_ptr<engine::Limiter>> limiter = engine::Limiter::make(
      *std::move(policy), {.clock = clock, .store = *std::move(store), .on_event = {}});
  if (!limiter) return tl::unexpected(limiter.error());

  const std::vector<identity::HeaderField> headers = facts->headers(field);
  const std::string peer = facts->client_ip.value_or("");
  const identity::Request request{.peer = peer,
                                  .headers = headers,
                                  .method = arguments.method,
                                  .route = arguments.route,
                                  .user = facts->user,
                                  .key_standing = facts->key_standing()};
  Outcomes outcomes;
  for (const policy::Rule& rule : *rules) {
    const Result<engine::RuleHandle> handle = (*limiter)->add_rule(rule);
    if (!handle) return tl::unexpected(handle.error());
    const Result<Forgotten> forgotten = (*limiter)->forget(request, {*handle});
    if (!forgotten) return tl::unexpected(forgotten.error());
    if (*forgotten == Forgotten::not_asked) {
      if (arguments.rules.empty()) continue;
      return fail(
          ErrorCode::invalid_input,
          "rule '" + rule.id + "' counts by " + counted_by(rule) + ", and that is not said whole",
          "Say it with --set, and the route with --route");
    }
    outcomes.emplace_back(rule.id, *forgotten);
  }
  if (outcomes.empty()) {
    return fail(ErrorCode::invalid_input, "no rule counts by what is set, and by nothing else",
                "Say who with --set, for example --set user=alice, or name a rule that counts "
                "everybody together with --rule");
  }
  return outcomes;
}

int reset(const ResetArguments& arguments) {
  base::SystemClock clock;
  const Result<Outcomes> outcomes = forget(arguments, clock);
  if (!outcomes) {
    fmt::print(stderr, "weir: {}\n", outcomes.error().to_string());
    return outcomes.error().transient ? kExitUnreachable : kExitUsage;
  }
  json::object rules;
  bool some = false;
  for (const auto& [id, forgotten] : *outcomes) {
    const bool counted = forgotten == Forgotten::counts;
    rules[id] = counted;
    some = some || counted;
    if (counted && arguments.format == "text") fmt::print("{}: forgotten\n", id);
  }
  if (arguments.format == "json") {
    fmt::print("{}\n", json::serialize(json::object{{"forgotten", rules}}));
  } else if (!some) {
    fmt::print("nothing was counted\n");
  }
  return kExitOk;
}

}  // namespace

void add_reset_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ResetArguments>();
  CLI::App* command = app.add_subcommand("reset", "Forget what a policy has counted of somebody");
  command->add_option("--policy", arguments->policy, "The policy file")->required();
  command->add_option("--set", arguments->facts, std::string("Of whom: ") + kFactsHelp);
  command->add_option("--method", arguments->method, "The method, for rules that count by route")
      ->capture_default_str();
  command->add_option("--route", arguments->route,
                      "The matched route template, for rules that count by route");
  command->add_option("--rule", arguments->rules,
                      "The id of a rule; otherwise all that count by no more than what is set");
  command->add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = reset(*arguments); });
}

}  // namespace weir::cli
