#include "scan/surface/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <map>
#include <set>

#include "base/ascii.h"

namespace weir::scan {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return json::serialize(value);
}

void flatten(const json::value& value, const Leaf& at, std::vector<Leaf>& leaves) {
  if (leaves.size() >= kMaxLeaves) return;
  if (value.is_object() && !value.get_object().empty()) {
    for (const auto& [key, child] : value.get_object()) {
      Leaf next;
      const std::string dot = at.path.empty() ? "" : ".";
      next.path = at.path + dot + std::string(key);
      next.shape = at.shape + dot + std::string(key);
      next.key = key;
      flatten(child, next, leaves);
    }
    return;
  }
  if (value.is_array() && !value.get_array().empty()) {
    std::size_t index = 0;
    for (const json::value& child : value.get_array()) {
      Leaf next{fmt::format("{}[{}]", at.path, index++), at.shape + "[]", at.key, {}};
      flatten(child, next, leaves);
    }
    return;
  }
  Leaf leaf = at;
  leaf.is_null = value.is_null();
  leaf.is_text = value.is_string();
  if (value.is_primitive() && !value.is_null()) leaf.text = text_of(value);
  leaves.push_back(std::move(leaf));
}

std::map<std::string, std::string> by_path(const std::vector<Leaf>& leaves) {
  std::map<std::string, std::string> values;
  for (const Leaf& leaf : leaves) values[leaf.path] = leaf.text;
  return values;
}

// Text without what looks like a number, a time or an identifier.
std::string without_tokens(std::string_view text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    bool digit = false;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) {
      digit = digit || std::isdigit(static_cast<unsigned char>(text[end])) != 0;
      ++end;
    }
    if (end == i) {
      kept += text[i++];
      continue;
    }
    kept += digit ? std::string("#") : std::string(text.substr(i, end - i));
    i = end;
  }
  return kept;
}

}  // namespace

std::optional<std::vector<Leaf>> leaves_of(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (body[first] != '{' && body[first] != '[')) {
    return std::nullopt;
  }
  json::parse_options options;
  options.max_depth = kMaxBodyDepth;
  json::error_code error;
  const json::value value = json::parse(body, error, {}, options);
  if (error) return std::nullopt;
  std::vector<Leaf> leaves;
  flatten(value, {}, leaves);
  return leaves;
}

bool same_document(std::string_view a, std::string_view b, std::string_view once,
                   std::string_view again) {
  if (a == b) return true;
  if (once == again) return false;
  const auto leaves_a = leaves_of(a);
  const auto leaves_b = leaves_of(b);
  const auto leaves_once = leaves_of(once);
  const auto leaves_again = leaves_of(again);
  if (!leaves_a || !leaves_b || !leaves_once || !leaves_again) {
    return without_tokens(a) == without_tokens(b) && without_tokens(once) == without_tokens(again);
  }
  std::set<std::string> restless;
  const auto first = by_path(*leaves_once);
  for (const auto& [path, text] : by_path(*leaves_again)) {
    const auto same = first.find(path);
    if (same == first.end() || same->second != text) restless.insert(path);
  }
  const auto values_a = by_path(*leaves_a);
  const auto values_b = by_path(*leaves_b);
  if (values_a.size() != values_b.size()) return false;
  std::size_t equal = 0;
  for (const auto& [path, text] : values_a) {
    const auto other = values_b.find(path);
    if (other == values_b.end()) return false;
    if (restless.contains(path)) continue;
    if (other->second != text) return false;
    ++equal;
  }
  return equal > 0;  // where everything is restless, nothing is known to be the same
}

std::string excerpt_of_secret(std::string_view secret) {
  if (secret.size() < 10) return "***";
  return fmt::format("{}...{}", secret.substr(0, 4), secret.substr(secret.size() - 2));
}

std::string media_type(const Response& response) {
  const std::string_view value = find_header(response.headers, "Content-Type").value_or("");
  std::string type = base::lower_case(value.substr(0, value.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  std::string bare;
  for (const char c : base::lower_case(name)) {
    if (c != '_' && c != '-') bare += c;
  }
  return std::find(names.begin(), names.end(), bare) != names.end();
}

bool names_a_credential(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "apikey", "key",       "token",    "accesstoken", "auth",      "authtoken", "authorization",
      "secret", "signature", "password", "session",     "sessionid", "sid",       "jwt"};
  return is_one_of(name, kNames);
}

bool names_an_owner(std::string_view key) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "owner",     "ownerid",  "user",       "userid",   "username", "email",     "account",
      "accountid", "customer", "customerid", "memberid", "tenantid", "createdby", "sub"};
  return is_one_of(key, kNames);
}

}  // namespace weir::scan
