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
#include "policy/import.h"
#include "policy/read.h"
#include "policy/ways_around.h"
#include "policy/worst_case.h"

namespace weir::cli {
namespace {

namespace json = boost::json;

constexpr int kExitLeftOut = 1;  // a limit could not be kept

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
    for (const policy::DescriptorRule& rule : reading.policy->descriptors) {
      rules.push_back(
          {{"id", rule.rule.id}, {"line", rule.rule.line}, {"summary", policy::explain(rule)}});
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
  const std::size_t count = reading.policy->rules.size() + reading.policy->descriptors.size();
  fmt::print("{}: OK, {} rule{}\n", file, count, count == 1 ? "" : "s");
  for (const policy::Rule& rule : reading.policy->rules)
    fmt::print("  {}\n", policy::explain(rule));
  for (const policy::DescriptorRule& rule : reading.policy->descriptors)
    fmt::print("  {}\n", policy::explain(rule));
}

void explain_json(const std::string& file, const policy::Policy& policy) {
  json::array rules;
  for (const policy::Rule& rule : policy.rules) {
    rules.push_back({{"id", rule.id},
                     {"line", rule.line},
                     {"algorithm", policy::to_string(rule.algorithm)},
                     {"summary", policy::explain(rule)},
                     {"leased", policy.leases(rule)},
                     {"worst_case", policy::worst_case(policy, rule)},
                     {"worst_case_in_outage", policy::worst_case_in_outage(policy, rule)}});
  }
  for (const policy::DescriptorRule& rule : policy.descriptors) {
    json::object one = {
        {"id", rule.rule.id}, {"line", rule.rule.line}, {"summary", policy::explain(rule)}};
    if (!rule.always) {
      one["algorithm"] = policy::to_string(rule.rule.algorithm);
      one["leased"] = policy.leases(rule.rule);
      one["worst_case"] = policy::worst_case(policy, rule.rule);
      one["worst_case_in_outage"] = policy::worst_case_in_outage(policy, rule.rule);
    }
    rules.push_back(std::move(one));
  }
  const json::value out = {{"file", file},
                           {"rules", rules},
                           {"ways_around", problems_json(policy::ways_around(policy))}};
  fmt::print("{}\n", json::serialize(out));
}

void explain_text(const std::string& file, const policy::Policy& policy) {
  for (const policy::Rule& rule : policy.rules)
    fmt::print("{}\n", policy::explain_at_length(policy, rule));
  for (const policy::DescriptorRule& rule : policy.descriptors)
    fmt::print("{}\n", policy::explain_at_length(policy, rule));
  const std::vector<policy::Problem> ways = policy::ways_around(policy);
  if (ways.empty()) {
    fmt::print("No way around these rules is known.\n");
    return;
  }
  fmt::print("Ways around:\n");
  for (const policy::Problem& way : ways)
    fmt::print("  {}\n", policy::describe(file, "warning", way));
}

using Print = void (*)(const std::string& file, const policy::Reading& reading);

// Reads the file and prints what there is to say. What cannot be read is told in the same form.
int read_and_print(const PolicyArguments& arguments, Print text_of, Print json_of) {
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
  (arguments.format == "json" ? json_of : text_of)(arguments.file, reading);
  return reading.policy ? kExitOk : kExitUsage;
}

int check(const PolicyArguments& arguments) {
  return read_and_print(arguments, print_text, print_json);
}

int explain(const PolicyArguments& arguments) {
  return read_and_print(
      arguments,
      [](const std::string& file, const policy::Reading& reading) {
        if (!reading.policy) return print_text(file, reading);
        explain_text(file, *reading.policy);
      },
      [](const std::string& file, const policy::Reading& reading) {
        if (!reading.policy) return print_json(file, reading);
        explain_json(file, *reading.policy);
      });
}

// The policy goes to standard output, what is to be said of it to standard error.
int import(const std::vector<std::string>& names) {
  std::vector<policy::ImportFile> files;
  for (const std::string& name : names) {
    Result<std::string> text = policy::read_policy_file(name);
    if (!text) {
      fmt::print(stderr, "weir: {}\n", text.error().to_string());
      return kExitUsage;
    }
    files.push_back({name, *std::move(text)});
  }
  const policy::Import made = policy::import_policy(files);
  for (const auto& [file, problem] : made.errors)
    fmt::print(stderr, "{}\n", policy::describe(file, "error", problem));
  for (const auto& [file, problem] : made.notes)
    fmt::print(stderr, "{}\n", policy::describe(file, "note", problem));
  fmt::print("{}", made.policy);
  if (!made.errors.empty()) return kExitUsage;
  return made.left_out ? kExitLeftOut : kExitOk;
}

}  // namespace

void add_policy_command(CLI::App& app, int& exit_code) {
  CLI::App* policy = app.add_subcommand("policy", "Check, explain or import a policy, weir.yaml");
  policy->require_subcommand(1);
  const auto add = [&](const char* name, const char* description,
                       int (*run)(const PolicyArguments&)) {
    const auto arguments = std::make_shared<PolicyArguments>();
    CLI::App* command = policy->add_subcommand(name, description);
    command->add_option("FILE", arguments->file, "The policy file")->required();
    command->add_option("--format", arguments->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    command->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
  };
  add("check", "Say what a policy means, or what is wrong with it and where", check);
  add("explain", "Say what each rule lets pass at worst, and how the rules can be got around",
      explain);
  const auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = policy->add_subcommand(
      "import", "Print a policy made of the configuration of envoyproxy/ratelimit");
  command->add_option("FILE", *files, "Its configuration files")->required();
  command->callback([files, &exit_code] { exit_code = import(*files); });
}

}  // namespace weir::cli
