#include "cli/config_file.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "cli/files.h"
#include "policy/nearest.h"
#include "policy/yaml.h"

namespace weir::cli {
namespace {

// Ends a reading; apply_config() makes an Error of it.
struct Misread {
  policy::Problem problem;
};

[[noreturn]] void stop(const YAML::Node& at, std::string message, std::string cure = {}) {
  throw Misread{policy::problem_at(at.Mark(), std::move(message), std::move(cure))};
}

// The options that hold secrets.
bool takes_environment(const std::string& name) {
  return name == "header" || name == "body" || name == "webhook" || name == "as-other" ||
         name == "expired-token";
}

std::string expanded(const YAML::Node& at, const std::string& text,
                     const Environment& environment) {
  std::string result;
  std::size_t from = 0;
  for (;;) {
    const std::size_t start = text.find("${", from);
    const std::size_t end = start == std::string::npos ? start : text.find('}', start);
    if (end == std::string::npos) return result + text.substr(from);
    const std::string name = text.substr(start + 2, end - start - 2);
    const auto value = environment(name);
    if (!value) {
      stop(at, "the environment has no '" + policy::excerpt(name) + "'", "Set it");
    }
    result += text.substr(from, start - from) + *value;
    from = end + 1;
  }
}

std::vector<std::string> values_of(const std::string& name, const YAML::Node& value,
                                   const Environment& environment) {
  std::vector<std::string> values;
  const auto add = [&](const YAML::Node& entry) {
    if (!entry.IsScalar()) stop(entry, "'" + name + "' is not a text or a list of texts");
    values.push_back(takes_environment(name) ? expanded(entry, entry.Scalar(), environment)
                                             : entry.Scalar());
  };
  if (value.IsSequence()) {
    for (const YAML::Node& entry : value) add(entry);
  } else {
    add(value);
  }
  return values;
}

// The names under which options may stand in the file.
std::set<std::string> names_of(const CLI::App& command) {
  std::set<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (name != "help" && name != "config") names.insert(name);
  }
  return names;
}

CLI::Option* option_of(CLI::App& command, const std::string& name) {
  CLI::Option* option = command.get_option_no_throw("--" + name);
  return option != nullptr ? option : command.get_option_no_throw(name);
}

void apply(CLI::App& command, const YAML::Node& key, const YAML::Node& value,
           const Environment& environment) {
  const std::string name = key.Scalar();
  const std::set<std::string> names = names_of(command);
  if (!names.contains(name)) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    stop(key, "there is no option '" + policy::excerpt(name) + "'", policy::suggest(name, views));
  }
  CLI::Option* option = option_of(command, name);
  if (option->count() != 0) return;  // the command line wins
  const bool is_flag = option->get_items_expected_max() == 0;
  const std::vector<std::string> values = values_of(name, value, environment);
  if (is_flag && (values.size() != 1 || (values[0] != "true" && values[0] != "false"))) {
    stop(value, "'" + name + "' is neither true nor false");
  }
  if (!is_flag && value.IsSequence() && option->get_items_expected_max() == 1) {
    stop(value, "'" + name + "' takes one value, not a list");
  }
  try {
    for (const std::string& each : values) option->add_result(each);
    option->run_callback();
  } catch (const CLI::ParseError&) {
    // CLI11's own words repeat the value, which may be a secret.
    stop(value, "'" + name + "' cannot be that", "See weir " + command.get_name() + " --help");
  }
}

void apply_all(CLI::App& command, const YAML::Node& root, const Environment& environment) {
  if (!root.IsMap()) stop(root, "this is not a list of options", "Write 'name: value' lines");
  if (!root["version"]) stop(root, "'version' is missing", "Write version: 1");
  std::set<std::string> seen;
  for (const auto& entry : root) {
    if (!entry.first.IsScalar()) stop(entry.first, "an option's name is not a plain word");
    const std::string name = entry.first.Scalar();
    if (!seen.insert(name).second) {
      stop(entry.first, "'" + policy::excerpt(name) + "' is there twice", "Keep one of them");
    }
    if (name == "version") {
      if (!entry.second.IsScalar() || entry.second.Scalar() != "1") {
        stop(entry.second, "this version is not known", "Write version: 1");
      }
      continue;
    }
    apply(command, entry.first, entry.second, environment);
  }
}

}  // namespace

Status apply_config(CLI::App& command, const std::string& path, const Environment& environment) {
  const auto failed = [&path](const policy::Problem& problem) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}:{}:{}: {}", path, problem.line, problem.column, problem.message),
                problem.cure);
  };
  const auto text = read_file(path, policy::kMaxPolicyBytes);
  if (!text) return tl::unexpected(text.error());
  const auto parsed = policy::parse_yaml(*text);
  if (const auto* problem = std::get_if<policy::Problem>(&parsed)) return failed(*problem);
  try {
    apply_all(command, std::get<YAML::Node>(parsed), environment);
  } catch (const Misread& misread) {
    return failed(misread.problem);
  }
  return {};
}

}  // namespace weir::cli
