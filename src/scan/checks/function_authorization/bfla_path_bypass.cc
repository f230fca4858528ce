#include "scan/checks/bypass.h"
#include "scan/checks/function_authorization/checks.h"

namespace weir::scan::function_authorization {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.has_other() || !surface.is_read_only()) {
    return CheckOutcome::not_applicable("no GET with another user's credential (--as-other)");
  }
  if (!surface.baseline().served() || !surface.other().denied()) {
    return CheckOutcome::not_applicable("the other user is not denied");
  }
  return look_for_path_bypass(
      surface, [&](Request request) { return surface.as_other(std::move(request)); },
      surface.baseline(), "to the other user");
}

const CheckInfo kInfo = {
    "bfla-path-bypass",
    "Another spelling of the path is open to users who are denied",
    Severity::critical,
    "function-authorization",
    {"API5:2023"},
    {863, 180},
    {"6.2.4"},
    "What guards the path compares its text, and what serves it is more lenient.",
    "Ask for the role in the code that serves, by route; let a proxy normalise paths before its "
    "rules, "
    "and drop X-Original-URL and X-Rewrite-URL.",
    "permission_classes on the view instead of a list of paths in a middleware or a proxy.",
    "",
    "The other user is denied, and another spelling of the path brings them the document, three "
    "times "
    "of three, in turns; a path that cannot exist does not."};

}  // namespace

const SurfaceCheck kBflaPathBypass = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::function_authorization
