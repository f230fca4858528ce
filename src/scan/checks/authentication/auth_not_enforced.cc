#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/authentication/checks.h"
#include "scan/surface/body.h"

namespace weir::scan::authentication {
namespace {

constexpr std::ptrdiff_t kEnoughProperties = 3;

// How many of the declared properties stand in the answer.
std::ptrdiff_t declared_properties(const openapi::Operation& operation, const Answer& answer) {
  const auto leaves = leaves_of(answer.response.body);
  if (!leaves || !operation.answer) return 0;
  return std::count_if(operation.answer->properties.begin(), operation.answer->properties.end(),
                       [&](const openapi::Property& property) {
                         return std::any_of(leaves->begin(), leaves->end(), [&](const Leaf& leaf) {
                           return leaf.key == property.name;
                         });
                       });
}

CheckOutcome run(Surface& surface) {
  if (!surface.declares_security()) {
    return CheckOutcome::not_applicable("no document says that a credential is needed");
  }
  const openapi::Operation& operation = *surface.declared();
  const Answer& anonymous = surface.anonymous();
  if (!anonymous.ok()) return CheckOutcome::inconclusive("no answer without a credential");
  if (!anonymous.served()) {
    return CheckOutcome::protected_(
        fmt::format("without a credential the answer is {}", anonymous.status()));
  }
  if (surface.has_credentials()) {
    const Answer& own = surface.baseline();
    const Answer& stranger = surface.stranger();
    if (own.served() && surface.same_document(anonymous, own)) {
      return CheckOutcome::vulnerable(
          Confidence::confirmed,
          surface.evidence(
              fmt::format("line {} of the document asks for a credential; without one the same "
                          "document is served as with it{}",
                          operation.line, stranger.served() ? ", and with a made-up one too" : ""),
              {&own, &stranger, &anonymous}));
    }
  }
  const auto known = declared_properties(operation, anonymous);
  if (known < kEnoughProperties) {
    return CheckOutcome::inconclusive(
        fmt::format("without a credential the answer is {}, with {} of the declared properties",
                    anonymous.status(), known));
  }
  const Answer again = surface.send(surface.without_credentials(), "again, no credential");
  if (!again.served()) return CheckOutcome::inconclusive("it was served once only");
  return CheckOutcome::vulnerable(
      Confidence::firm,
      surface.evidence(fmt::format("line {} of the document asks for a credential; without one the "
                                   "answer is {} with {} of the declared properties, twice",
                                   operation.line, anonymous.status(), known),
                       {&anonymous, &again}));
}

const CheckInfo kInfo = {
    "auth-not-enforced",
    "The credential that the document asks for is not needed",
    Severity::critical,
    "authentication",
    {"API2:2023"},
    {306},
    {"6.2.4"},
    "Anybody gets what the API's owner believes to be behind a credential.",
    "Deny by default: ask for a credential everywhere, and open single operations on purpose.",
    "REST_FRAMEWORK = {\"DEFAULT_PERMISSION_CLASSES\": [\"rest_framework.permissions."
    "IsAuthenticated\"]}, or LoginRequiredMiddleware.",
    "",
    "The document asks for a credential in every alternative; without one the same document is "
    "served as with it, or, where none was given, twice an answer with three of the declared "
    "properties (firm)."};

}  // namespace

const SurfaceCheck kAuthNotEnforced = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
