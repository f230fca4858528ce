// Proof: what the OpenAPI document says of the limit against what was seen. A 429 or limit headers
// are declared, and the whole budget passed; or a refusal was seen that the document does not know.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::size_t kShown = 6;

bool covers(const openapi::Operation& operation, int status) {
  const std::string exact = std::to_string(status);
  const std::string range = exact.substr(0, 1) + "XX";
  return std::any_of(operation.responses.begin(), operation.responses.end(),
                     [&](const std::string& declared) {
                       return declared == exact || declared == "default" || declared == range ||
                              declared == exact.substr(0, 1) + "xx";
                     });
}

CheckOutcome found(Bench& bench, std::string claim, Confidence confidence) {
  Evidence evidence;
  evidence.claim = std::move(claim);
  evidence.curl = bench.curl(bench.base_request());
  for (const Reply& reply : bench.refused_bases()) {
    if (evidence.exchanges.size() < kShown) {
      evidence.exchanges.push_back(bench.exchanges()[reply.exchange]);
    }
  }
  evidence.rounds = static_cast<int>(bench.refused_bases().size());
  return CheckOutcome::vulnerable(confidence, std::move(evidence));
}

CheckOutcome run(Bench& bench) {
  const openapi::Operation* declared = bench.declared();
  if (declared == nullptr) return CheckOutcome::not_applicable("no OpenAPI document was given");
  const LimitFacts& facts = bench.facts();
  const bool promises = declared->has_429 || !declared->rate_limit_headers.empty();
  if (facts.learned) {
    const int status = bench.refusal().refused_status();
    if (covers(*declared, status) && status >= 400) {
      return CheckOutcome::protected_(fmt::format("the document knows of {}", status));
    }
    return found(
        bench,
        fmt::format("after {} requests further ones were refused with {}, which the document "
                    "does not declare (it declares {})",
                    facts.n, bench.refusal().describe_refusal(),
                    declared->responses.empty()
                        ? "no answers"
                        : fmt::format("{}", fmt::join(declared->responses, ", "))),
        Confidence::confirmed);
  }
  if (!promises)
    return CheckOutcome::not_applicable("neither a limit is declared nor was one seen");
  if (!facts.unlimited) return CheckOutcome::inconclusive("no refusal was seen");
  if (facts.stated_limit && *facts.stated_limit > facts.n) {
    return CheckOutcome::inconclusive(
        fmt::format("the answers state a limit of {}, more than the {} requests that were sent",
                    *facts.stated_limit, facts.n));
  }
  // How large the declared limit is, the document does not say.
  return found(bench,
               fmt::format("the document declares {}, and {} requests passed without a refusal",
                           declared->has_429
                               ? std::string("a 429")
                               : fmt::format("{}", fmt::join(declared->rate_limit_headers, ", ")),
                           facts.n),
               Confidence::firm);
}

const CheckInfo kInfo = {
    "declared-not-enforced",
    "The OpenAPI document and the limit disagree",
    Severity::medium,
    "rate-limiting",
    {"API4:2023", "API9:2023"},
    {1068, 1059, 770},
    {},
    "Who reads the document relies on it: reviewers take a declared limit for one that is there, "
    "and "
    "clients that were generated from it do not know what to do with a refusal that it does not "
    "declare.",
    "Generate the document from the policy that is enforced. Declare the 429 with Retry-After on "
    "every "
    "limited operation, and nowhere else.",
    "With drf-spectacular, add the 429 response where the limit is applied, by the same decorator.",
    "rules:\n  - id: per-client\n    key: client_ip\n    limit: 100/m   # declare the 429 of this "
    "rule\n",
    "The refusal's status is not among the responses of the document; or it declares a 429 or "
    "limit headers, and the whole budget passed without a refusal."};

}  // namespace

const Check kDeclaredNotEnforced = {&kInfo, Stage::concluding, run};

}  // namespace weir::scan::rate_limiting
