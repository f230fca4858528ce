#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "scan/checks/authentication/checks.h"
#include "scan/checks/authentication/token.h"

namespace weir::scan::authentication {
namespace {

constexpr double kDayS = 86'400;

CheckOutcome run(Surface& surface) {
  const auto place = token_that_decides(surface);
  if (!place) return place.error();
  const Jwt& token = place->token;
  std::vector<std::string> weak;
  const auto ends = token.number("exp");
  const auto began = token.number("iat");
  if (!ends) {
    weak.emplace_back("has no exp, so that it never ends");
  } else if (began && *ends - *began > kDayS) {
    weak.push_back(fmt::format("lasts {:.0f} hours", (*ends - *began) / 3600));
  }
  for (const char* claim : {"password", "password_hash", "ssn", "card_number", "secret"}) {
    if (token.claims.contains(claim)) weak.push_back(fmt::format("carries a {}", claim));
  }
  if (weak.empty()) return CheckOutcome::protected_("the token ends within a day");
  // A matter of taste where one service issues and reads: said, never a finding of its own.
  if (!token.claims.contains("iss")) weak.emplace_back("names no issuer");
  if (!token.claims.contains("aud")) weak.emplace_back("names no audience");
  return CheckOutcome::vulnerable(
      Confidence::confirmed, evidence_of_token(surface,
                                               fmt::format("the token that is served ({}) {}",
                                                           token.algorithm, fmt::join(weak, ", ")),
                                               {&surface.anonymous(), &surface.baseline()}));
}

const CheckInfo kInfo = {
    "jwt-weak-claims",
    "The token says too little about when it holds, or too much",
    Severity::low,
    "authentication",
    {"API2:2023"},
    {613, 359},
    {},
    "A token without an end, or with a far one, cannot be taken back; its payload is readable to "
    "whoever sees it.",
    "exp within the hour, iss and aud, and nothing in the payload that is not for its bearer "
    "(RFC 8725).",
    "SIMPLE_JWT = {\"ACCESS_TOKEN_LIFETIME\": timedelta(minutes=15), \"AUDIENCE\": ..., "
    "\"ISSUER\": ...}.",
    "",
    "The own token, which the operation asks for and serves, has no exp, lasts more than a day, or "
    "carries a secret; it is only read."};

}  // namespace

const SurfaceCheck kJwtWeakClaims = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
