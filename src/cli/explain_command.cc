#include "cli/explain_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/check_json.h"
#include "cli/commands.h"
#include "cli/explained.h"
#include "policy/nearest.h"
#include "report/phrases.h"
#include "report/text_page.h"

namespace weir::cli {
namespace {

struct ExplainArguments {
  std::string id;
  std::string format = "text";
};

constexpr std::size_t kWidth = 100;
constexpr std::size_t kLabelColumns = 11;

void print_list() {
  report::TextPage page(/*colour=*/false, kWidth);
  std::string category;
  std::vector<report::Row> rows;
  for (const scan::CheckInfo* check : explained()) {
    if (check->category != category) {
      if (!rows.empty()) page.table(rows, 2);
      rows.clear();
      category = check->category;
      page.heading(category);
    }
    rows.push_back({{check->id}, {to_string(check->severity)}, {check->title}});
  }
  if (!rows.empty()) page.table(rows, 2);
  fmt::print("{}", std::move(page).take());
}

std::vector<std::string> references_of(const scan::CheckInfo& check) {
  scan::Finding finding;
  finding.owasp = check.owasp;
  finding.cwe = check.cwe;
  finding.pci_dss = check.pci_dss;
  return report::references(finding);
}

void print_check(const scan::CheckInfo& check) {
  report::TextPage page(/*colour=*/false, kWidth);
  page.line({{fmt::format("{}  {}  {}", check.id, to_string(check.severity), check.category)}});
  const auto labelled = [&page](const char* label, const std::string& text) {
    if (!text.empty()) page.paragraph(label, kLabelColumns, text, 2);
  };
  labelled("What", check.title);
  labelled("Proof", check.proof == nullptr ? "" : check.proof);
  labelled("Why", check.why);
  labelled("Mend", check.remediation);
  labelled("In Django", check.remediation_django_dynamodb);
  if (*check.weir_rule != '\0') {
    page.line({{"Weir rule that closes it"}}, 2);
    page.verbatim(check.weir_rule, 4);
  }
  labelled("See", fmt::format("{}", fmt::join(references_of(check), ", ")));
  fmt::print("{}", std::move(page).take());
}

int run(const ExplainArguments& arguments) {
  const bool as_json = arguments.format == "json";
  if (arguments.id.empty()) {
    if (as_json) {
      fmt::print("{}\n", boost::json::serialize(checks_json(explained())));
    } else {
      print_list();
    }
    return kExitOk;
  }
  const scan::CheckInfo* check = find_explained(arguments.id);
  if (check == nullptr) {
    std::vector<std::string_view> ids;
    for (const scan::CheckInfo* each : explained()) ids.emplace_back(each->id);
    fmt::print(stderr, "weir explain: there is no check or rule '{}'. {}\n",
               policy::excerpt(arguments.id), policy::suggest(arguments.id, ids));
    return kExitUsage;
  }
  if (as_json) {
    fmt::print("{}\n", boost::json::serialize(check_json(*check)));
  } else {
    print_check(*check);
  }
  return kExitOk;
}

}  // namespace

void add_explain_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* command = app.add_subcommand(
      "explain",
      "Say what a check of the scanner or a rule of the tap looks for; without an ID, list them");
  command->add_option("id", arguments->id, "A check or rule, such as boundary-burst or ddb-no-ttl");
  command->add_option("--format", arguments->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace weir::cli
