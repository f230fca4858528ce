#include <fmt/format.h>

#include "scan/checks/inventory/checks.h"
#include "scan/checks/inventory/places.h"
#include "scan/surface/body.h"

namespace weir::scan::inventory {
namespace {

bool is_document(const Answer& answer) {
  const std::string& body = answer.response.body;
  const bool json = leaves_of(body).has_value();
  const bool named = body.find("\"openapi\"") != std::string::npos ||
                     body.find("\"swagger\"") != std::string::npos;
  if (json) return named && body.find("\"paths\"") != std::string::npos;
  return (body.starts_with("openapi:") || body.starts_with("swagger:")) &&
         body.find("\npaths:") != std::string::npos;
}

CheckOutcome run(Surface& surface) {
  if (!surface.plan().operations.empty() && !surface.has_credentials()) {
    return CheckOutcome::not_applicable("no credential was given: the API may well be public");
  }
  for (const char* path :
       {"/openapi.json", "/openapi.yaml", "/swagger.json", "/swagger/v1/swagger.json",
        "/v2/api-docs", "/v3/api-docs", "/api/schema/", "/api/openapi.json", "/docs/openapi.json",
        "/schema.json"}) {
    if (surface.stopped()) return CheckOutcome::inconclusive(surface.stop_reason());
    const Answer first = ask_for(surface, path, true);
    if (!is_there(surface, first) || !is_document(first)) continue;
    const Answer second = ask_for(surface, path, true);
    if (!is_document(second)) return CheckOutcome::inconclusive("it was served once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(
            fmt::format("{} is the API's document, open without a credential, twice", path),
            {&surface.missing(), &first, &second}));
  }
  return CheckOutcome::protected_("the API's document is at none of ten usual paths");
}

const CheckInfo kInfo = {
    "spec-exposed",
    "The API's document is open although the API is not",
    Severity::low,
    "inventory",
    {"API9:2023", "API8:2023"},
    {200, 538},
    {},
    "It is a map of every operation, also of those that nobody is meant to know.",
    "Serve it behind the same credential, or publish it on purpose and say so in a suppression.",
    "drf-spectacular: SERVE_PERMISSIONS = [\"rest_framework.permissions.IsAuthenticated\"].",
    "",
    "A credential was given for the API; an OpenAPI document with paths comes without one, twice, "
    "from one of ten usual paths."};

}  // namespace

const SurfaceCheck kSpecExposed = {&kInfo, Scope::target, run};

}  // namespace weir::scan::inventory
