#include "scan/probe/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"

namespace weir::scan {
namespace {

constexpr std::size_t kMaxCurlBytes = 4096;

struct Secret {
  std::string value;
  std::string variable;
};

std::string variable_name(std::string_view name) {
  std::string variable;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    variable += std::isalnum(u) != 0 ? static_cast<char>(std::toupper(u)) : '_';
  }
  return variable;
}

template <class Visit>
void for_each_parameter(std::string_view target, Visit visit) {
  std::size_t start = target.find('?');
  while (start != std::string_view::npos && start + 1 <= target.size()) {
    const std::size_t end = std::min(target.find('&', start + 1), target.size());
    const std::size_t equals = target.find('=', start + 1);
    if (equals < end) {
      visit(target.substr(start + 1, equals - start - 1), equals + 1, end - equals - 1);
    }
    start = end < target.size() ? end : std::string_view::npos;
  }
}

// Quoted strings after a secret name in a JSON body, and values in a form body.
void secrets_of_body(std::string_view body, std::vector<Secret>& secrets) {
  std::size_t at = 0;
  while ((at = body.find('"', at)) != std::string_view::npos) {
    const std::size_t end = body.find('"', at + 1);
    if (end == std::string_view::npos) break;
    const std::string_view name = body.substr(at + 1, end - at - 1);
    at = end + 1;
    if (!is_secret_name(name)) continue;
    const std::size_t open = body.find_first_not_of(" :\t\r\n", at);
    if (open == std::string_view::npos || body[open] != '"') continue;
    const std::size_t close = body.find('"', open + 1);
    if (close == std::string_view::npos) break;
    secrets.push_back({std::string(body.substr(open + 1, close - open - 1)), variable_name(name)});
    at = close + 1;
  }
  for_each_parameter(
      "?" + std::string(body), [&](std::string_view name, std::size_t start, std::size_t length) {
        if (is_secret_name(name) && name.size() < 64) {
          secrets.push_back({std::string(body.substr(start - 1, length)), variable_name(name)});
        }
      });
}

std::vector<Secret> secrets_of(const Request& request) {
  std::vector<Secret> secrets;
  for (const Header& header : request.headers) {
    if (!is_secret_name(header.name)) continue;
    std::string value = header.value;
    if (same_name(header.name, "Authorization") || same_name(header.name, "Cookie")) {
      // The scheme or the cookie's name is not the secret.
      const std::size_t cut = value.find_first_of(" =");
      if (cut != std::string::npos) value = value.substr(cut + 1);
    }
    secrets.push_back({value, variable_name(header.name)});
  }
  for_each_parameter(
      request.target, [&](std::string_view name, std::size_t start, std::size_t length) {
        if (is_secret_name(name)) {
          secrets.push_back({request.target.substr(start, length), variable_name(name)});
        }
      });
  if (request.body) secrets_of_body(*request.body, secrets);
  std::erase_if(secrets, [](const Secret& s) { return s.value.size() < 3; });
  return secrets;
}

// One word of a shell command: single quotes, with `secrets` spliced in as "$NAME".
std::string shell_word(std::string_view text, const std::vector<Secret>& secrets) {
  std::string word = "'";
  for (std::size_t i = 0; i < text.size();) {
    const auto secret = std::find_if(secrets.begin(), secrets.end(), [&](const Secret& candidate) {
      return text.substr(i, candidate.value.size()) == candidate.value;
    });
    if (secret != secrets.end()) {
      word += fmt::format("'\"${}\"'", secret->variable);
      i += secret->value.size();
      continue;
    }
    const char c = text[i++];
    if (c == '\'') {
      word += "'\\''";
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
      word += fmt::format("'$'\\x{:02x}''", static_cast<unsigned char>(c));
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kWords = {
      "authorization", "cookie", "key",     "token", "secret", "passw",
      "session",       "sid",    "credent", "auth",  "jwt",    "otp"};
  const std::string low = base::lower_case(name);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

std::string redact_target(std::string_view target) {
  std::string result;
  std::size_t copied = 0;
  for_each_parameter(target, [&](std::string_view name, std::size_t start, std::size_t length) {
    if (!is_secret_name(name)) return;
    result += target.substr(copied, start - copied);
    result += "***";
    copied = start + length;
  });
  result += target.substr(copied);
  return result;
}

std::string curl_line(const Request& request, const Request& base, std::string_view origin) {
  const std::vector<Secret> secrets = secrets_of(base);
  std::string line = "curl -si --path-as-is";
  if (request.method == "HEAD") {
    line += " -I";
  } else if (request.method != "GET") {
    line += " -X " + request.method;
  }
  if (request.source_address) line += " --interface " + *request.source_address;
  for (const Header& header : request.headers) {
    if (same_name(header.name, "X-Weir-Scan") || same_name(header.name, "User-Agent")) {
      const auto of_base = find_header(base.headers, header.name);
      if (of_base && *of_base == header.value) continue;
    }
    line += " -H " + shell_word(header.name + ": " + header.value, secrets);
  }
  if (request.body) line += " --data-raw " + shell_word(*request.body, secrets);
  line += " " + shell_word(std::string(origin) + request.target, secrets);
  if (line.size() > kMaxCurlBytes) {
    line = line.substr(0, kMaxCurlBytes / 2) + " ... " + line.substr(line.size() - 200);
  }
  return line;
}

}  // namespace weir::scan
