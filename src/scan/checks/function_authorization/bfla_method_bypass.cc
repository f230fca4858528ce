#include "scan/checks/bypass.h"
#include "scan/checks/function_authorization/checks.h"

namespace weir::scan::function_authorization {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.has_other() || surface.base_request().method != "GET") {
    return CheckOutcome::not_applicable("no GET with another user's credential (--as-other)");
  }
  if (!surface.baseline().served() || !surface.other().denied()) {
    return CheckOutcome::not_applicable("the other user is not denied");
  }
  return look_for_method_bypass(
      surface, [&](Request request) { return surface.as_other(std::move(request)); },
      surface.baseline(), "to the other user");
}

const CheckInfo kInfo = {"bfla-method-bypass",
                         "Another method is open to users who are denied",
                         Severity::medium,
                         "function-authorization",
                         {"API5:2023"},
                         {650, 863},
                         {"6.2.4"},
                         "The rule names methods, so that what it does not name is open.",
                         "Guard routes, not methods; deny what no rule allows.",
                         "permission_classes on the view; dispatch() asks before any method.",
                         "",
                         "To the other user GET is denied, and HEAD is served with the length of "
                         "the document, three times "
                         "of three; a path that cannot exist has another length."};

}  // namespace

const SurfaceCheck kBflaMethodBypass = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::function_authorization
