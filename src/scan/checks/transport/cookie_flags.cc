#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {
namespace {

// A cookie that opens a session: by its name. Those that scripts must read (CSRF) are not meant.
bool opens_a_session(std::string_view name) {
  const std::string low = base::lower_case(name);
  if (low.find("csrf") != std::string::npos || low.find("xsrf") != std::string::npos) return false;
  for (const char* word : {"sess", "sid", "auth", "token", "jwt", "remember"}) {
    if (low.find(word) != std::string::npos) return true;
  }
  return false;
}

std::vector<std::string> missing_flags(std::string_view cookie, bool https) {
  std::string attributes =
      base::lower_case(cookie.substr(std::min(cookie.find(';'), cookie.size())));
  std::erase(attributes, ' ');
  attributes += ';';
  std::vector<std::string> missing;
  if (attributes.find(";httponly;") == std::string::npos) missing.emplace_back("HttpOnly");
  if (https && attributes.find(";secure;") == std::string::npos) missing.emplace_back("Secure");
  if (attributes.find(";samesite=") == std::string::npos) missing.emplace_back("SameSite");
  return missing;
}

CheckOutcome run(Surface& surface) {
  const Answer& answer = surface.baseline();
  if (!answer.ok()) return CheckOutcome::inconclusive("no answer");
  int sound = 0;
  for (const Header& header : answer.response.headers) {
    if (!same_name(header.name, "Set-Cookie")) continue;
    const std::string name = header.value.substr(0, header.value.find('='));
    if (!opens_a_session(name)) continue;
    const auto missing = missing_flags(header.value, surface.is_https());
    if (missing.empty()) {
      ++sound;
      continue;
    }
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("the cookie {} is set without {}", name.substr(0, 60),
                                     fmt::join(missing, ", ")),
                         {&answer}));
  }
  if (sound == 0) return CheckOutcome::not_applicable("no cookie of a session is set");
  return CheckOutcome::protected_(fmt::format("{} cookies of a session have every flag", sound));
}

const CheckInfo kInfo = {
    "cookie-flags",
    "The session's cookie can be read or sent where it should not",
    Severity::medium,
    "transport",
    {"API8:2023"},
    {614, 1004, 1275},
    {},
    "Without HttpOnly any script of the page reads it, without Secure it goes over plain HTTP, "
    "without SameSite other sites make the browser send it.",
    "Set-Cookie: ...; Secure; HttpOnly; SameSite=Lax (or Strict).",
    "SESSION_COOKIE_SECURE = True, SESSION_COOKIE_HTTPONLY = True, SESSION_COOKIE_SAMESITE = "
    "\"Lax\".",
    "",
    "A cookie that is set, and has the name of a session's, lacks HttpOnly, SameSite, or over "
    "https Secure."};

}  // namespace

const SurfaceCheck kCookieFlags = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::transport
