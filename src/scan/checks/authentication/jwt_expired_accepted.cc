#include <fmt/format.h>

#include <chrono>

#include "scan/checks/authentication/checks.h"
#include "scan/checks/authentication/token.h"

namespace weir::scan::authentication {
namespace {

constexpr double kLeewayS = 120;  // for clocks that differ

CheckOutcome run(Surface& surface) {
  const std::string& given = surface.plan().expired_token;
  if (given.empty()) {
    return CheckOutcome::not_applicable("no expired token was given (--expired-token)");
  }
  const auto place = token_that_decides(surface);
  if (!place) return place.error();
  const auto expired = read_jwt(given);
  if (!expired || !expired->number("exp")) {
    return CheckOutcome::inconclusive("the expired token is no JWT with exp");
  }
  const double now =
      std::chrono::duration<double>(surface.baseline().response.sent.time_since_epoch()).count();
  const double ended_s = now - expired->number("exp").value_or(now);
  if (ended_s < kLeewayS) return CheckOutcome::inconclusive("the token has not ended by minutes");
  const Answer control = with_signature_broken(surface, *place);
  if (!control.denied()) {
    return CheckOutcome::not_applicable("no signature is verified: see jwt-signature-not-verified");
  }
  const Variant variant = with_other_token(surface, *place, given, "the expired token");
  const Answer first = surface.send(variant, "variant");
  const Answer second = surface.send(variant, "variant");
  if (!first.ok() || !second.ok()) return CheckOutcome::inconclusive("no answer");
  if (!first.served() || !second.served()) {
    return CheckOutcome::protected_(
        fmt::format("the expired token is answered with {}", first.status()));
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      evidence_of_token(
          surface,
          fmt::format("a token that expired {:.1f} hours ago is served with {}, twice, "
                      "while a broken signature gets {}",
                      ended_s / 3600, first.status(), control.status()),
          {&control, &first, &second}));
}

const CheckInfo kInfo = {
    "jwt-expired-accepted",
    "Expired tokens are accepted",
    Severity::high,
    "authentication",
    {"API2:2023"},
    {613},
    {},
    "A token that leaked once opens the API for ever.",
    "Ask for exp and hold tokens to it, with a minute of leeway at most.",
    "jwt.decode(token, key, algorithms=[\"RS256\"], options={\"require\": [\"exp\"]}, leeway=30).",
    "",
    "A token of --expired-token whose exp has passed by two minutes or more is served twice, while "
    "no token and a broken signature are denied."};

}  // namespace

const SurfaceCheck kJwtExpiredAccepted = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
