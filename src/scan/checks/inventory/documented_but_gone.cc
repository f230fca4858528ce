#include <fmt/format.h>

#include "scan/checks/inventory/checks.h"

namespace weir::scan::inventory {
namespace {

CheckOutcome run(Surface& surface) {
  const openapi::Operation* operation = surface.declared();
  if (operation == nullptr) return CheckOutcome::not_applicable("no document declares it");
  for (const openapi::Parameter& parameter : operation->parameters) {
    // The example of a document need not be there: its absence says nothing of the operation.
    if (parameter.in == "path") {
      return CheckOutcome::not_applicable("whether the thing that the path names is there is open");
    }
  }
  const Answer& own = surface.baseline();
  if (!own.ok()) return CheckOutcome::inconclusive("no answer");
  const int status = own.status();
  if (status != 404 && status != 410 && status != 501) {
    return CheckOutcome::protected_(fmt::format("it is there: {}", status));
  }
  for (const std::string& declared : operation->responses) {
    if (declared == std::to_string(status)) {
      return CheckOutcome::protected_(fmt::format("{} is declared", status));
    }
  }
  const Answer again = surface.send(surface.base(), "again");
  if (again.status() != status) return CheckOutcome::inconclusive("seen once only");
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("line {} of the document declares it; the answer is {}, which "
                                   "is not declared, twice",
                                   operation->line, status),
                       {&own, &again}));
}

const CheckInfo kInfo = {
    "documented-but-gone",
    "The document declares an operation that is not there",
    Severity::low,
    "inventory",
    {"API9:2023"},
    {1068},
    {},
    "A document that does not describe what runs is no inventory: what else it does not say is "
    "not known either.",
    "Generate the document from the code, and let a test compare the two.",
    "drf-spectacular: manage.py spectacular --validate --fail-on-warn in CI.",
    "",
    "An operation without parameters in its path is answered with 404, 410 or 501, which it does "
    "not declare, twice."};

}  // namespace

const SurfaceCheck kDocumentedButGone = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::inventory
