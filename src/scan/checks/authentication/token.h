// What the checks of tokens share: a JWT that the operation really asks for, and the control.
// Thread safety: as the Surface.
#pragma once

#include "base/result.h"
#include "scan/checks/surface_check.h"
#include "scan/surface/jwt.h"

namespace weir::scan::authentication {

// The token of the base request, where it decides: with it the operation serves, without it it
// denies. Otherwise the outcome that says why nothing can be tested.
tl::expected<TokenPlace, CheckOutcome> token_that_decides(Surface& surface);

// The answer to the same token with its signature broken: the control of every other change.
Answer with_signature_broken(Surface& surface, const TokenPlace& place);

// The base request with another token, whose text stays out of the report.
Variant with_other_token(const Surface& surface, const TokenPlace& place, std::string_view token,
                         std::string changed);

// As Surface::evidence, with a curl line that holds no token, not even a changed one.
Evidence evidence_of_token(const Surface& surface, std::string claim,
                           std::vector<const Answer*> answers);

}  // namespace weir::scan::authentication
