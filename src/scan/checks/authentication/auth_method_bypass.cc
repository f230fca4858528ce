#include "scan/checks/authentication/checks.h"
#include "scan/checks/bypass.h"

namespace weir::scan::authentication {
namespace {

CheckOutcome run(Surface& surface) {
  if (surface.base_request().method != "GET" || !surface.has_credentials()) {
    return CheckOutcome::not_applicable("no GET with a credential");
  }
  if (!surface.baseline().served() || !surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("without a credential the answer is not 401 or 403");
  }
  return look_for_method_bypass(
      surface, [&](Request request) { return surface.anonymous_of(std::move(request)); },
      surface.baseline(), "without a credential");
}

const CheckInfo kInfo = {
    "auth-method-bypass",
    "Another method of the same operation needs no credential",
    Severity::high,
    "authentication",
    {"API2:2023", "API5:2023"},
    {650, 288},
    {"6.2.4"},
    "The rule that guards the operation names methods, so that what it does not name is open.",
    "Guard paths, not methods; deny what no rule allows.",
    "permission_classes on the view, not on single methods; dispatch() asks before any of them.",
    "",
    "HEAD without a credential is served three times of three with the length of the protected "
    "document, while GET without one is denied each time, and a path that cannot exist has another "
    "length."};

}  // namespace

const SurfaceCheck kAuthMethodBypass = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
