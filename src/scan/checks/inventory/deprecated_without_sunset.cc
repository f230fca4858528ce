#include <fmt/format.h>

#include "scan/checks/inventory/checks.h"
#include "scan/checks/inventory/places.h"

namespace weir::scan::inventory {
namespace {

CheckOutcome run(Surface& surface) {
  const openapi::Operation* operation = surface.declared();
  if (operation == nullptr || !operation->deprecated) {
    return CheckOutcome::not_applicable("no document calls it deprecated");
  }
  const Answer& own = surface.baseline();
  if (!own.served()) {
    return CheckOutcome::protected_(fmt::format("it is answered with {}", own.status()));
  }
  if (says_that_it_ends(own)) return CheckOutcome::protected_("the answer says that it will end");
  const Answer again = surface.send(surface.base(), "again");
  if (!again.served() || says_that_it_ends(again))
    return CheckOutcome::inconclusive("seen once only");
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("line {} of the document calls it deprecated; it serves, "
                                   "without Deprecation and Sunset, twice",
                                   operation->line),
                       {&own, &again}));
}

const CheckInfo kInfo = {
    "deprecated-without-sunset",
    "A deprecated operation serves without an end in sight",
    Severity::low,
    "inventory",
    {"API9:2023"},
    {477},
    {},
    "Clients are not told, so that it stays; nobody looks after it any more.",
    "Deprecation (RFC 9745) and Sunset (RFC 8594) in its answers, and take it away on that day.",
    "A mixin that sets both headers in finalize_response().",
    "",
    "The document says deprecated; the operation serves without either header, twice."};

}  // namespace

const SurfaceCheck kDeprecatedWithoutSunset = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::inventory
