#include "policy/fields.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/duration.h"
#include "policy/nearest.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

constexpr std::size_t kMaxTextLength = 2048;

// yaml-cpp tags quoted scalars "!". A quoted number is a text, as in every YAML schema.
bool is_plain(const YAML::Node& value) {
  return value.Tag() != "!";
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool FieldReader::read(const YAML::Node& node, std::string_view what,
                       const std::vector<Field>& fields) {
  if (!node.IsMap()) {
    error(node, std::string(what) + " is not a mapping", "Write 'name: value' lines");
    return false;
  }
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  std::vector<std::string> seen;
  for (const auto& entry : node) {
    const YAML::Node& key = entry.first;
    const YAML::Node& value = entry.second;
    if (!key.IsScalar()) {
      error(key, "a field's name is not a plain word");
      continue;
    }
    const std::string name = key.Scalar();
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& candidate) { return candidate.name == name; });
    if (field == fields.end()) {
      error(key, std::string(what) + " has no field '" + excerpt(name) + "'", suggest(name, names));
    } else if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      error(key, "'" + name + "' is there twice", "Keep one of them");
    } else if (value.IsNull()) {
      error(key, "'" + name + "' has no value", "Give it one or remove the line");
    } else {
      seen.push_back(name);
      field->read(value);
    }
  }
  return true;
}

std::optional<std::string> FieldReader::text(const YAML::Node& value) {
  if (!value.IsScalar()) {
    error(value, "this is a list or a mapping where a text is wanted");
    return std::nullopt;
  }
  std::string text = value.Scalar();
  if (text.find("${") != std::string::npos) {
    error(value, "'${...}' is read from the environment for the pepper only",
          "Write the value itself");
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> FieldReader::whole_number(const YAML::Node& value) {
  std::optional<std::int64_t> number;
  if (value.IsScalar() && is_plain(value)) number = parse_number<std::int64_t>(value.Scalar());
  if (!number) error(value, "this is not a whole number", "Write digits, without quotes");
  return number;
}

std::optional<double> FieldReader::number(const YAML::Node& value) {
  std::optional<double> number;
  if (value.IsScalar() && is_plain(value)) number = parse_number<double>(value.Scalar());
  if (!number) error(value, "this is not a number", "Write it without quotes, for example 0.1");
  return number;
}

std::optional<bool> FieldReader::truth(const YAML::Node& value) {
  if (value.IsScalar() && is_plain(value)) {
    if (value.Scalar() == "true") return true;
    if (value.Scalar() == "false") return false;
  }
  error(value, "this is neither true nor false", "Write true or false, without quotes");
  return std::nullopt;
}

std::optional<std::size_t> FieldReader::one_of(const YAML::Node& value,
                                               const std::vector<std::string_view>& names) {
  const std::optional<std::string> written = text(value);
  if (!written) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *written);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  error(value, "'" + excerpt(*written) + "' cannot stand here", suggest(*written, names));
  return std::nullopt;
}

void FieldReader::text_into(const YAML::Node& value, std::string& target, std::string_view what,
                            const std::function<bool(const std::string&)>& fits,
                            std::string_view cure) {
  const std::optional<std::string> written = text(value);
  if (!written) return;
  if (written->size() <= kMaxTextLength && fits(*written)) {
    target = *written;
  } else {
    error(value, "'" + excerpt(*written) + "' is not " + std::string(what), std::string(cure));
  }
}

std::optional<Duration> FieldReader::duration(const YAML::Node& value, Duration longest) {
  const std::optional<std::string> written = text(value);
  if (!written) return std::nullopt;
  const std::optional<Duration> parsed = take(value, parse_duration(*written));
  if (!parsed) return std::nullopt;
  if (*parsed > longest) {
    error(value, "'" + excerpt(*written) + "' is longer than " + format_duration(longest));
    return std::nullopt;
  }
  return parsed;
}

void FieldReader::each(const YAML::Node& value, std::size_t most,
                       const std::function<void(const YAML::Node& entry)>& read) {
  if (value.IsScalar()) {
    read(value);
  } else if (!value.IsSequence()) {
    error(value, "this is a mapping where a list is wanted");
  } else if (value.size() > most) {
    error(value, "the list has more than " + std::to_string(most) + " entries");
  } else {
    for (const YAML::Node& entry : value) read(entry);
  }
}

void FieldReader::error(const YAML::Node& at, std::string message, std::string cure) {
  if (errors_.size() < kMaxProblems)
    errors_.push_back(problem_at(at.Mark(), std::move(message), std::move(cure)));
}

void FieldReader::error(const YAML::Node& at, const Error& error_value) {
  error(at, error_value.message, error_value.cure);
}

bool consists_of(std::string_view text, std::string_view others, std::size_t least,
                 std::size_t most) {
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  };
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace weir::policy
