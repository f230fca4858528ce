#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/transport/checks.h"
#include "scan/surface/body.h"

namespace weir::scan::transport {
namespace {

CheckOutcome run(Surface& surface) {
  const openapi::Operation* operation = surface.declared();
  if (operation != nullptr && surface.plan().api) {
    for (const openapi::SecurityScheme& scheme : surface.plan().api->security_schemes) {
      if (scheme.type != "apiKey" || scheme.in != "query") continue;
      const bool used = std::any_of(
          operation->security.begin(), operation->security.end(), [&](const auto& alternative) {
            return std::find(alternative.begin(), alternative.end(), scheme.name) !=
                   alternative.end();
          });
      if (!used) continue;
      return CheckOutcome::vulnerable(
          Confidence::confirmed,
          surface.evidence(fmt::format("line {} of the document asks for the credential {} in the "
                                       "query, as parameter {}",
                                       operation->line, scheme.name, scheme.field),
                           {}));
    }
  }
  if (!surface.credential_in_query()) {
    return CheckOutcome::protected_("no credential stands in the query");
  }
  // The one that was given has to be looked at: otherwise it is just a parameter of that name.
  const Answer& with = surface.baseline();
  const Answer& without = surface.anonymous();
  if (!with.served() || !without.ok()) return CheckOutcome::inconclusive("the base is not served");
  if (!without.denied()) {
    return CheckOutcome::not_applicable("without that parameter the answer is not a denial");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("with the credential in the query {}, without it {}",
                                   with.status(), without.status()),
                       {&without, &with}));
}

const CheckInfo kInfo = {
    "secret-in-query",
    "The credential stands in the URL",
    Severity::medium,
    "transport",
    {"API2:2023", "API8:2023"},
    {598},
    {},
    "URLs are written to access logs, histories, proxies and Referer headers, and the credential "
    "with them.",
    "Take credentials from a header (Authorization, X-API-Key) only.",
    "Read the key from request.headers, never from request.GET, and strip query strings from "
    "access logs until clients have moved.",
    "",
    "The document asks for the key in the query; or a parameter that is named so decides between "
    "served and denied."};

}  // namespace

const SurfaceCheck kSecretInQuery = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::transport
