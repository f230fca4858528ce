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
  // Where a broken signature is served, nothing is verified at all, which is another finding.
  const Answer control = with_signature_broken(surface, *place);
  if (!control.denied()) {
    return CheckOutcome::not_applicable(
        "a broken signature is not denied: see jwt-signature-not-verified");
  }
  for (const char* none : {"none", "None", "NONE"}) {
    const Variant variant = with_other_token(surface, *place, unsigned_token(place->token, none),
                                             fmt::format("the token unsigned, alg {}", none));
    const Answer first = surface.send(variant, "variant");
    if (!first.ok()) return CheckOutcome::inconclusive("no answer");
    if (!surface.same_document(first, own)) continue;
    for (int round = 1; round < kRounds; ++round) {
      if (!surface.same_document(surface.send(variant, "variant"), own)) {
        return CheckOutcome::inconclusive("an unsigned token was not served each time");
      }
    }
    Evidence evidence = evidence_of_token(
        surface,
        fmt::format("the token with alg {} and no signature is served like the token itself, {} "
                    "times of {}, while a broken signature gets {}",
                    none, kRounds, kRounds, control.status()),
        {&own, &control, &first});
    evidence.rounds = kRounds;
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }
  return CheckOutcome::protected_("tokens with alg none, in three spellings, are not served");
}

const CheckInfo kInfo = {
    "jwt-alg-none-accepted",
    "Unsigned tokens are accepted",
    Severity::critical,
    "authentication",
    {"API2:2023"},
    {347, 327},
    {"6.2.4"},
    "The token says itself that it needs no signature, and is believed: anybody can be anybody.",
    "Verify with a fixed list of algorithms; never with the one that the token names "
    "(RFC 8725 §3.1).",
    "jwt.decode(token, key, algorithms=[\"RS256\"]).",
    "",
    "The own token without a signature brings the same document three times of three, while no "
    "token and a broken signature are denied."};

}  // namespace

const SurfaceCheck kJwtAlgNoneAccepted = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
