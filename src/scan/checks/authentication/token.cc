#include "scan/checks/authentication/token.h"

namespace weir::scan::authentication {

tl::expected<TokenPlace, CheckOutcome> token_that_decides(Surface& surface) {
  auto place = find_jwt(surface.base_request());
  if (!place || place->token.signature.size() < 8) {
    return tl::unexpected(CheckOutcome::not_applicable("the credential is no signed JWT"));
  }
  if (!surface.baseline().served()) {
    return tl::unexpected(CheckOutcome::inconclusive("the token itself is not served"));
  }
  if (!surface.anonymous().denied()) {
    return tl::unexpected(
        CheckOutcome::not_applicable("without the token the answer is not 401 or 403"));
  }
  return *std::move(place);
}

Answer with_signature_broken(Surface& surface, const TokenPlace& place) {
  return surface.send(with_other_token(surface, place, with_broken_signature(place.token),
                                       "the token's signature broken"),
                      "control");
}

Variant with_other_token(const Surface& surface, const TokenPlace& place, std::string_view token,
                         std::string changed) {
  return {std::move(changed), with_token(surface.base_request(), place, token)};
}

Evidence evidence_of_token(const Surface& surface, std::string claim,
                           std::vector<const Answer*> answers) {
  const Request& decisive = answers.back()->sent.request;
  Evidence evidence = surface.evidence(std::move(claim), answers);
  evidence.curl = surface.curl_without_secrets(decisive);
  return evidence;
}

}  // namespace weir::scan::authentication
