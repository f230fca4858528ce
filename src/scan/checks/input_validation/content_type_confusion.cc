#include <fmt/format.h>

#include "base/ascii.h"
#include "scan/checks/input_validation/checks.h"
#include "scan/surface/body.h"

namespace weir::scan::input_validation {
namespace {

bool is_json_as_html(const Answer& answer) {
  return answer.served() && media_type(answer.response) == "text/html" &&
         leaves_of(answer.response.body).has_value() &&
         base::lower_case(answer.header("X-Content-Type-Options")) != "nosniff";
}

CheckOutcome run(Surface& surface) {
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  if (!leaves_of(own.response.body)) return CheckOutcome::not_applicable("the answer is no JSON");
  if (!is_json_as_html(own)) {
    return CheckOutcome::protected_("JSON comes as " + media_type(own.response));
  }
  const Answer again = surface.send(surface.base(), "again");
  if (!is_json_as_html(again)) return CheckOutcome::inconclusive("seen once only");
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence("JSON comes as text/html, which browsers read as a page, twice",
                       {&own, &again}));
}

const CheckInfo kInfo = {
    "content-type-confusion",
    "JSON is served as a web page",
    Severity::low,
    "input-validation",
    {"API8:2023"},
    {430, 79},
    {},
    "Whatever a user may store becomes markup as soon as somebody opens the URL.",
    "Content-Type: application/json, and X-Content-Type-Options: nosniff.",
    "JsonResponse or a Response of Django REST framework, never HttpResponse(json.dumps(...)); "
    "SECURE_CONTENT_TYPE_NOSNIFF is on unless it was turned off.",
    "",
    "A body that is JSON comes as text/html without nosniff, twice."};

}  // namespace

const SurfaceCheck kContentTypeConfusion = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
