#include "cli/suppressions_file.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "cli/files.h"
#include "policy/fields.h"
#include "policy/nearest.h"
#include "policy/yaml.h"
#include "scan/checks/catalogue.h"

namespace weir::cli {
namespace {

constexpr std::size_t kMaxReasonBytes = 1000;

bool number_at(std::string_view text, std::size_t at, std::size_t digits, int& number) {
  const char* const end = text.data() + at + digits;
  const auto [rest, error] = std::from_chars(text.data() + at, end, number);
  return error == std::errc{} && rest == end;
}

// "2027-03-01", a day that there is.
bool is_date(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !number_at(text, 0, 4, year) ||
      !number_at(text, 5, 2, month) || !number_at(text, 8, 2, day)) {
    return false;
  }
  return year > 0 && month > 0 && day > 0 &&
         std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
             .ok();
}

void read_check(policy::FieldReader& fields, const YAML::Node& value,
                report::SuppressionRule& rule) {
  const auto id = fields.text(value);
  if (!id) return;
  rule.check = *id;
  if (scan::find_check(*id) != nullptr) return;
  std::vector<std::string_view> ids;
  for (const scan::CheckInfo* check : scan::catalogue()) ids.emplace_back(check->id);
  fields.error(value, "there is no check '" + policy::excerpt(*id) + "'",
               policy::suggest(*id, ids));
}

report::SuppressionRule read_rule(policy::FieldReader& fields, const YAML::Node& entry) {
  report::SuppressionRule rule;
  const bool is_map = fields.read(
      entry, "a suppression",
      {{"check", [&](const YAML::Node& value) { read_check(fields, value, rule); }},
       {"operation",
        [&](const YAML::Node& value) {
          if (const auto text = fields.text(value)) rule.operation = *text;
        }},
       {"reason",
        [&](const YAML::Node& value) {
          fields.text_into(
              value, rule.reason, "a reason",
              [](const std::string& text) {
                return !text.empty() && text.size() <= kMaxReasonBytes;
              },
              "Write a sentence of at most 1000 characters");
        }},
       {"expires", [&](const YAML::Node& value) {
          fields.text_into(
              value, rule.expires, "a day", [](const std::string& text) { return is_date(text); },
              "Write it as 2027-03-01");
        }}});
  if (!is_map) return rule;
  for (const char* name : {"check", "reason", "expires"}) {
    if (!entry[name]) fields.error(entry, fmt::format("'{}' is missing", name), "Add it");
  }
  return rule;
}

}  // namespace

Result<std::vector<report::SuppressionRule>> parse_suppressions(std::string_view yaml,
                                                                std::string_view name) {
  const auto failed = [name](const policy::Problem& problem) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}:{}:{}: {}", name, problem.line, problem.column, problem.message),
                problem.cure);
  };
  const auto parsed = policy::parse_yaml(yaml);
  if (const auto* problem = std::get_if<policy::Problem>(&parsed)) return failed(*problem);
  const auto& root = std::get<YAML::Node>(parsed);
  policy::FieldReader fields;
  std::vector<report::SuppressionRule> rules;
  const bool is_map = fields.read(
      root, "a suppressions file",
      {{"version",
        [&](const YAML::Node& value) {
          const auto version = fields.whole_number(value);
          if (version && *version != 1) fields.error(value, "this version is not known", "Use 1");
        }},
       {"suppress", [&](const YAML::Node& value) {
          fields.each(value, kMaxSuppressions,
                      [&](const YAML::Node& entry) { rules.push_back(read_rule(fields, entry)); });
        }}});
  if (is_map && !root["version"]) fields.error(root, "'version' is missing", "Write version: 1");
  if (!fields.errors().empty()) return failed(fields.errors().front());
  return rules;
}

Result<std::vector<report::SuppressionRule>> read_suppressions(const std::string& path) {
  const auto text = read_file(path, policy::kMaxPolicyBytes);
  if (!text) return tl::unexpected(text.error());
  return parse_suppressions(*text, path);
}

}  // namespace weir::cli
