#include "scan/experiment/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

#include "base/ascii.h"

namespace weir::scan {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFields = 12;

template <std::size_t Count>
bool contains_any(std::string_view name, const std::array<std::string_view, Count>& words) {
  const std::string low = base::lower_case(name);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

bool is_credential(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kWords = {"key", "token", "auth",    "session",
                                                             "sid", "jwt",   "credent", "secret"};
  return contains_any(name, kWords);
}

bool is_password(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kWords = {"passw", "pwd",  "secret",
                                                             "otp",   "code", "pin"};
  return contains_any(name, kWords);
}

bool names_somebody(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kWords = {
      "user",   "email", "mail",    "login", "phone",  "account", "client",
      "tenant", "name",  "subject", "owner", "device", "member",  "customer"};
  return contains_any(name, kWords) || is_credential(name) || base::lower_case(name) == "id" ||
         base::lower_case(name).ends_with("_id");
}

// Headers that every client sends and that say nothing of who it is.
bool is_plain_header(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "content-type", "accept",          "user-agent",     "x-weir-scan",  "host",
      "connection",   "accept-encoding", "content-length", "cache-control"};
  return std::find(kNames.begin(), kNames.end(), base::lower_case(name)) != kNames.end();
}

bool is_form(const Request& request) {
  return base::lower_case(find_header(request.headers, "Content-Type").value_or(""))
             .find("application/x-www-form-urlencoded") != std::string::npos;
}

struct Pair {
  std::string name;
  std::string value;
};

std::vector<Pair> split(std::string_view text, char separator) {
  std::vector<Pair> pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view part = text.substr(0, end);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) {
      pairs.push_back({std::string(part.substr(0, equals)), std::string(part.substr(equals + 1))});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pairs;
}

std::string join_replaced(std::string_view text, char separator, std::string_view name,
                          std::string_view value) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t equals = part.find('=');
    std::string_view found = part.substr(0, std::min(equals, part.size()));
    while (!found.empty() && found.front() == ' ') found.remove_prefix(1);
    if (!result.empty()) result += separator;
    if (equals != std::string_view::npos && found == name) {
      result += part.substr(0, equals + 1);
      result += value;
    } else {
      result += part;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

void fields_of_body(const Request& request, std::vector<IdentityField>& fields) {
  if (!request.body) return;
  if (is_form(request)) {
    for (const Pair& pair : split(*request.body, '&')) {
      if (is_password(pair.name)) continue;
      fields.push_back({Place::body, pair.name, "", pair.value, is_credential(pair.name)});
    }
    return;
  }
  json::error_code error;
  const json::value value = json::parse(*request.body, error);
  if (error || !value.is_object()) return;
  for (const auto& member : value.get_object()) {
    if (!member.value().is_string() || is_password(member.key())) continue;
    fields.push_back({Place::body, std::string(member.key()), "",
                      std::string(member.value().get_string()), is_credential(member.key())});
  }
}

}  // namespace

std::string IdentityField::label() const {
  switch (place) {
    case Place::header:
      return "header " + name;
    case Place::cookie:
      return "cookie " + name;
    case Place::query:
      return "query parameter " + name;
    case Place::body:
      return "body member " + name;
  }
  return name;
}

std::vector<IdentityField> identity_fields(const Request& request) {
  std::vector<IdentityField> fields;
  for (const Header& header : request.headers) {
    if (is_plain_header(header.name)) continue;
    if (same_name(header.name, "Cookie")) {
      for (const Pair& pair : split(header.value, ';')) {
        fields.push_back({Place::cookie, pair.name, "", pair.value, true});
      }
    } else if (same_name(header.name, "Authorization")) {
      const std::size_t space = header.value.find(' ');
      const std::size_t cut = space == std::string::npos ? 0 : space + 1;
      fields.push_back({Place::header, header.name, header.value.substr(0, cut),
                        header.value.substr(cut), true});
    } else if (names_somebody(header.name)) {
      fields.push_back({Place::header, header.name, "", header.value, is_credential(header.name)});
    }
  }
  const std::size_t mark = request.target.find('?');
  if (mark != std::string::npos) {
    for (const Pair& pair : split(std::string_view(request.target).substr(mark + 1), '&')) {
      if (!names_somebody(pair.name)) continue;
      fields.push_back({Place::query, pair.name, "", pair.value, is_credential(pair.name)});
    }
  }
  fields_of_body(request, fields);
  std::erase_if(fields, [](const IdentityField& field) { return field.value.empty(); });
  if (fields.size() > kMaxFields) fields.resize(kMaxFields);
  return fields;
}

Request with_identity(const Request& request, const IdentityField& field, std::string_view value) {
  Request changed = request;
  switch (field.place) {
    case Place::header:
      changed.set_header(field.name, field.prefix + std::string(value));
      break;
    case Place::cookie:
      changed.set_header("Cookie",
                         join_replaced(find_header(request.headers, "Cookie").value_or(""), ';',
                                       field.name, value));
      break;
    case Place::query: {
      const std::size_t mark = request.target.find('?');
      changed.target =
          request.target.substr(0, mark + 1) +
          join_replaced(std::string_view(request.target).substr(mark + 1), '&', field.name, value);
      break;
    }
    case Place::body:
      if (is_form(request)) {
        changed.body = join_replaced(*request.body, '&', field.name, percent_encode(value));
      } else {
        changed = with_identity_json(request, field, json::serialize(json::string(value)));
      }
      break;
  }
  return changed;
}

Request with_identity_json(const Request& request, const IdentityField& field,
                           std::string_view json_text) {
  Request changed = request;
  json::error_code error;
  json::value body = json::parse(request.body.value_or(""), error);
  json::value replacement = json::parse(json_text, error);
  if (!error && body.is_object()) {
    body.get_object()[field.name] = std::move(replacement);
    changed.body = json::serialize(body);
  }
  return changed;
}

std::string like(std::string_view value, Bench& bench) {
  const std::size_t at = value.find('@');
  if (at != std::string_view::npos) return bench.made_up(10) + "@example.com";
  if (!value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
      })) {
    std::string number;
    while (number.size() < std::max<std::size_t>(value.size(), 6)) {
      number += static_cast<char>('1' + bench.rng().below(9));
    }
    return number;
  }
  return bench.made_up(std::clamp<std::size_t>(value.size(), 8, 64));
}

Request with_wrong_password(const Request& request, Bench& bench) {
  Request changed = request;
  if (!request.body) return changed;
  if (is_form(request)) {
    for (const Pair& pair : split(*request.body, '&')) {
      if (!is_password(pair.name)) continue;
      changed.body =
          join_replaced(*changed.body, '&', pair.name, percent_encode(like(pair.value, bench)));
    }
    return changed;
  }
  json::error_code error;
  json::value body = json::parse(*request.body, error);
  if (error || !body.is_object()) return changed;
  for (auto& member : body.get_object()) {
    if (!is_password(member.key()) || !member.value().is_string()) continue;
    member.value() = json::string(like(std::string(member.value().get_string()), bench));
  }
  changed.body = json::serialize(body);
  return changed;
}

bool is_sign_in(const Request& request) {
  if (!request.body || (request.method != "POST" && request.method != "PUT")) return false;
  bool name = false;
  bool password = false;
  const auto look = [&](std::string_view key) {
    password = password || is_password(key);
    name = name || (names_somebody(key) && !is_password(key));
  };
  if (is_form(request)) {
    for (const Pair& pair : split(*request.body, '&')) look(pair.name);
  } else {
    json::error_code error;
    const json::value value = json::parse(*request.body, error);
    if (error || !value.is_object()) return false;
    for (const auto& member : value.get_object()) look(member.key());
  }
  return name && password;
}

std::string percent_encode(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      result += c;
    } else {
      result += fmt::format("%{:02X}", u);
    }
  }
  return result;
}

}  // namespace weir::scan
