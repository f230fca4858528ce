#include "scan/checks/authentication/checks.h"
#include "scan/checks/bypass.h"

namespace weir::scan::authentication {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.is_read_only() || !surface.has_credentials()) {
    return CheckOutcome::not_applicable("no GET with a credential");
  }
  if (!surface.baseline().served() || !surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("without a credential the answer is not 401 or 403");
  }
  return look_for_path_bypass(
      surface, [&](Request request) { return surface.anonymous_of(std::move(request)); },
      surface.baseline(), "without a credential");
}

const CheckInfo kInfo = {
    "auth-path-bypass",
    "Another spelling of the path needs no credential",
    Severity::critical,
    "authentication",
    {"API2:2023", "API5:2023"},
    {288, 180},
    {"6.2.4"},
    "What guards the path compares its text, and what serves it is more lenient: anybody gets what "
    "is behind the credential.",
    "Guard in the code that serves, by route. Where a proxy guards, let it normalise the path and "
    "refuse what it cannot, and drop X-Original-URL and X-Rewrite-URL.",
    "permission_classes on the view instead of a list of paths in a middleware or a proxy.",
    "",
    "Without a credential the path is denied and another spelling of it brings the protected "
    "document, three times of three, in turns; a path that cannot exist does not."};

}  // namespace

const SurfaceCheck kAuthPathBypass = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
