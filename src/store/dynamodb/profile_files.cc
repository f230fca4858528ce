#include "store/dynamodb/profile_files.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace weir::store {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The whole file, "" if it does not exist.
Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)),
                "make it readable for this user");
  }
  std::string text;
  std::array<char, 4096> piece{};
  do {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxProfileFileBytes) {
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("{}: is larger than {} bytes", path, kMaxProfileFileBytes));
    }
  } while (file);
  if (file.bad()) return fail(ErrorCode::invalid_input, fmt::format("{}: cannot be read", path));
  return text;
}

// Adds the settings of one section. What is there already stays.
void take_section(std::string_view text, std::string_view section, Profile& profile) {
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[') {
      const std::string_view name = trim(content.substr(1, content.find(']') - 1));
      inside = name == section;
      profile.found = profile.found || inside;
      continue;
    }
    // An indented line belongs to a nested setting of the line before ("s3 =").
    if (!inside || line.front() == ' ' || line.front() == '\t') continue;
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view value = trim(content.substr(equals + 1));
    for (const std::string_view comment : {" #", " ;", "\t#", "\t;"}) {
      value = trim(value.substr(0, value.find(comment)));
    }
    profile.settings.emplace(trim(content.substr(0, equals)), value);
  }
}

}  // namespace

std::optional<std::string> read_variable(const Environment& environment, std::string_view name) {
  std::optional<std::string> value = environment(name);
  if (value && value->empty()) value.reset();
  return value;
}

std::optional<std::string> Profile::get(std::string_view setting) const {
  const auto found_setting = settings.find(setting);
  if (found_setting == settings.end() || found_setting->second.empty()) return std::nullopt;
  return found_setting->second;
}

Result<Profile> read_profile(const Environment& environment) {
  Profile profile;
  const std::optional<std::string> named = read_variable(environment, "AWS_PROFILE");
  profile.chosen = named.has_value();
  profile.name = named.value_or("default");

  const std::optional<std::string> home = read_variable(environment, "HOME");
  const auto place = [&](std::string_view variable, std::string_view name) -> std::string {
    if (const auto path = read_variable(environment, variable)) return *path;
    return home ? fmt::format("{}/.aws/{}", *home, name) : std::string();
  };
  const std::string credentials_path = place("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const std::string config_path = place("AWS_CONFIG_FILE", "config");
  if (!credentials_path.empty()) {
    Result<std::string> text = read_file(credentials_path);
    if (!text) return tl::unexpected(text.error());
    take_section(*text, profile.name, profile);
    profile.places = credentials_path;
  }
  if (!config_path.empty()) {
    Result<std::string> text = read_file(config_path);
    if (!text) return tl::unexpected(text.error());
    const bool plain = profile.name == "default";
    take_section(*text, plain ? "default" : "profile " + profile.name, profile);
    profile.places += (profile.places.empty() ? "" : " and ") + config_path;
  }
  if (profile.places.empty()) profile.places = "~/.aws (HOME is not set)";
  return profile;
}

}  // namespace weir::store
