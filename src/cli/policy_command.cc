#include "cli/policy_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/process_environment.h"
#include "policy/explain.h"
#include "policy/read.h"

namespace weir::cli {
namespace {

namespace json = boost::json;

struct PolicyArguments {
  std::string file;
  std::string format = "text";
};

json::array problems_json(const std::vector<policy::Problem>& problems) {
  json::array list;
  for (const policy::Problem& problem : problems) {
    list.push_back({{"line", problem.line},
                    {"column", problem.column},
                    {"message", problem.message},
                    {"cure", problem.cure}});
  }
  return list;
}

void print_json(const std::string& file, const policy::Reading& reading) {
  json::array rules;
  if (reading.policy) {
    for (const policy::Rule& rule : reading.policy->rules) {
      rules.push_back({{"id", rule.id}, {"line", rule.line}, {"summary", policy::explain(rule)}});
    }
  }
  const json::value out = {{"file", file},
                           {"ok", reading.policy.has_value()},
                           {"errors", problems_json(reading.errors)},
                           {"warnings", problems_json(reading.warnings)},
                           {"rules", rules}};
  fmt::print("{}\n", json::serialize(out));
}

void print_text(const std::string& file, const policy::Reading& reading) {
  for (const policy::Problem& error : reading.errors)
    fmt::print("{}\n", policy::describe(file, "error", error));
  for (const policy::Problem& warning : reading.warnings)
    fmt::print("{}\n", policy::describe(file, "warning", warning));
  if (!reading.policy) return;
  const std::size_t count = reading.policy->rules.size();
  fmt::print("{}: OK, {} rule{}\n", file, count, count == 1 ? "" : "s");
  for (const policy::Rule& rule : reading.policy->rules)
    fmt::print("  {}\n", policy::explain(rule));
}

int check(const PolicyArguments& arguments) {
  const Result<std::string> text = policy::read_policy_file(arguments.file);
  policy::Reading reading;
  if (text) {
    reading = policy::read_policy(*text, process_environment());
  } else if (arguments.format == "json") {
    reading.errors.push_back({1, 1, text.error().message, text.error().cure});
  } else {
    fmt::print(stderr, "weir: {}\n", text.error().to_string());
    return kExitUsage;
  }
  if (arguments.format == "json") {
    print_json(arguments.file, reading);
  } else {
    print_text(arguments.file, reading);
  }
  return reading.policy ? kExitOk : kExitUsage;
}

}  // namespace

void add_policy_command(CLI::App& app, int& exit_code) {
  CLI::App* policy = app.add_subcommand("policy", "Check a policy, weir.yaml");
  policy->require_subcommand(1);
  const auto arguments = std::make_shared<PolicyArguments>();
  CLI::App* command = policy->add_subcommand(
      "check", "Say what a policy means, or what is wrong with it and where");
  command->add_option("FILE", arguments->file, "The policy file")->required();
  command->add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = check(*arguments); });
}

}  // namespace weir::cli
