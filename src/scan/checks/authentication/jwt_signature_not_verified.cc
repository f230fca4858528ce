#include <fmt/format.h>

#include "scan/checks/authentication/checks.h"
#include "scan/checks/authentication/token.h"

namespace weir::scan::authentication {
namespace {

constexpr int kRounds = 3;

CheckOutcome run(Surface& surface) {
  const auto place = token_that_decides(surface);
  if (!place) return place.error();
  const Answer& own = surface.baseline();
  // The control: something that is no token at all has to be denied.
  if (!surface.stranger().denied()) {
    return CheckOutcome::inconclusive("a text that is no token is not denied either");
  }
  std::vector<Answer> rounds;
  for (int round = 0; round < kRounds; ++round) {
    rounds.push_back(with_signature_broken(surface, *place));
    if (!rounds.back().ok()) return CheckOutcome::inconclusive("no answer");
    if (surface.same_document(rounds.back(), own)) continue;
    if (round > 0) return CheckOutcome::inconclusive("a broken signature was served once only");
    return CheckOutcome::protected_(
        fmt::format("a broken signature is answered with {}", rounds.back().status()));
  }
  Evidence evidence = evidence_of_token(
      surface,
      fmt::format("one character in the middle of the signature changed: served like the token "
                  "itself, {} times of {}, while a text that is no token gets {}",
                  kRounds, kRounds, surface.stranger().status()),
      {&own, &surface.stranger(), &rounds[0], &rounds[1], &rounds[2]});
  evidence.rounds = kRounds;
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "jwt-signature-not-verified",
    "The token's signature is not verified",
    Severity::critical,
    "authentication",
    {"API2:2023"},
    {347},
    {"6.2.4"},
    "Anybody can write a token that says to be anybody.",
    "Verify the signature with the one algorithm and key that you expect, before any claim is "
    "read.",
    "jwt.decode(token, key, algorithms=[\"RS256\"], audience=..., issuer=...); never options="
    "{\"verify_signature\": False}.",
    "",
    "The own token with one changed character in its signature brings the same document three "
    "times of three, while no token and a text that is none are denied."};

}  // namespace

const SurfaceCheck kJwtSignatureNotVerified = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
