#include "cli/table_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <memory>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "cli/process_environment.h"
#include "store/dynamodb/table.h"

namespace weir::cli {
namespace {

namespace json = boost::json;

constexpr Duration kDescribeBudget = std::chrono::seconds(10);
constexpr Duration kCreateBudget = std::chrono::minutes(2);

struct TableArguments {
  store::DynamoDbOptions options;
  std::string format = "text";
  bool create = false;
};

int exit_code_for(const Error& error) {
  switch (error.code) {
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::throttled:
      return kExitUnreachable;
    default:
      return kExitUsage;
  }
}

int report(const Error& error, const TableArguments& arguments) {
  if (arguments.format == "json") {
    const json::value out = {
        {"error",
         {{"code", to_string(error.code)}, {"message", error.message}, {"cure", error.cure}}}};
    fmt::print("{}\n", json::serialize(out));
  } else {
    fmt::print(stderr, "weir: {}\n", error.to_string());
  }
  return exit_code_for(error);
}

void print_json(const store::TableInfo& table, const store::DynamoDbTarget& target) {
  json::object key;
  for (const auto& [name, type] : table.key) key[name] = type;
  const json::value out = {
      {"table", table.name},
      {"status", table.status},
      {"arn", table.arn},
      {"region", target.region},
      {"endpoint", target.url.Endpoint::to_string()},
      {"billing", table.billing},
      {"key", key},
      {"ttl", {{"attribute", table.ttl_attribute}, {"status", table.ttl_status}}},
      {"notes", json::array(table.notes.begin(), table.notes.end())},
      {"policies",
       {{"limiter", json::parse(store::limiter_policy(table.arn, target.region, table.name))},
        {"admin", json::parse(store::admin_policy(table.arn, target.region, table.name))}}}};
  fmt::print("{}\n", json::serialize(out));
}

void print_text(const store::TableInfo& table, const store::DynamoDbTarget& target) {
  std::string key;
  for (const auto& [name, type] : table.key) key += fmt::format("{} ({}) ", name, type);
  const std::string ttl =
      table.ttl_attribute.empty() ? "off" : table.ttl_attribute + " (" + table.ttl_status + ")";
  fmt::print("table     {}\nstatus    {}\nregion    {}\nendpoint  {}\narn       {}\n", table.name,
             table.status, target.region, target.url.Endpoint::to_string(), table.arn);
  fmt::print("key       {}\nbilling   {}\nttl       {}\n", key, table.billing, ttl);
  for (const std::string& note : table.notes) fmt::print("note      {}\n", note);
  fmt::print("\nThe least IAM policy of a limiter:\n{}\n",
             store::limiter_policy(table.arn, target.region, table.name));
  fmt::print("\nWhat weir table needs besides:\n{}\n",
             store::admin_policy(table.arn, target.region, table.name));
}

int run(const TableArguments& arguments) {
  const Environment environment = process_environment();
  if (Status named = store::check_table_name(arguments.options.table); !named) {
    return report(named.error(), arguments);
  }
  const Result<store::DynamoDbTarget> target =
      store::resolve_target(arguments.options, environment);
  if (!target) return report(target.error(), arguments);
  Result<std::unique_ptr<net::HttpCaller>> http =
      store::make_http_client(arguments.options, environment);
  if (!http) return report(http.error(), arguments);
  base::SystemClock clock;
  store::DynamoDbClient client(arguments.options, *target, environment, std::move(*http), clock);
  const Result<store::TableInfo> table =
      arguments.create ? create_table(client, net::Deadline::in(kCreateBudget))
                       : describe_table(client, net::Deadline::in(kDescribeBudget));
  if (!table) return report(table.error(), arguments);
  if (const Status clock_right = client.clock_check().verdict(); !clock_right) {
    report(clock_right.error(), arguments);  // a limiter here would decide nothing
    return kExitUsage;
  }
  if (arguments.format == "json") {
    print_json(*table, *target);
  } else {
    print_text(*table, *target);
  }
  return kExitOk;
}

}  // namespace

void add_table_command(CLI::App& app, int& exit_code) {
  CLI::App* table = app.add_subcommand("table", "Make or look at the DynamoDB table of counters");
  table->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, bool create) {
    const auto arguments = std::make_shared<TableArguments>();
    arguments->create = create;
    CLI::App* command = table->add_subcommand(name, what);
    command->add_option("--table", arguments->options.table, "Name of the table")
        ->capture_default_str();
    command->add_option("--region", arguments->options.region,
                        "AWS region (else AWS_REGION, AWS_DEFAULT_REGION, the profile's)");
    command->add_option(
        "--endpoint-url", arguments->options.endpoint_url,
        "Another endpoint (else AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, the profile's)");
    command->add_option("--format", arguments->format, "How to print it")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
  };
  add("create", "Create the table unless it exists, turn TTL on, print the IAM policies", true);
  add("describe", "Check the table and print its state and the IAM policies", false);
}

}  // namespace weir::cli
