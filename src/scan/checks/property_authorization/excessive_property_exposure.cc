#include <fmt/format.h>

#include "scan/checks/property_authorization/checks.h"
#include "scan/checks/property_authorization/properties.h"

namespace weir::scan::property_authorization {
namespace {

CheckOutcome run(Surface& surface) {
  const Answer& own = surface.baseline();
  const auto leaves = leaves_of(own.response.body);
  if (!own.served() || !leaves) return CheckOutcome::not_applicable("the answer is no JSON");
  const openapi::Operation* operation = surface.declared();
  const bool knows = operation != nullptr && operation->answer && !operation->answer->open;
  for (const Leaf& leaf : *leaves) {
    if (!is_internal_name(leaf.key) || !has_value(leaf)) continue;
    // What hands a token out on purpose says so.
    if (knows && declares(*operation->answer, leaf.key)) continue;
    const Answer again = surface.send(surface.base(), "again");
    const auto leaves_again = leaves_of(again.response.body);
    bool there = false;
    for (const Leaf& other : leaves_again.value_or(std::vector<Leaf>())) {
      there = there || (other.shape == leaf.shape && has_value(other));
    }
    if (!there) return CheckOutcome::inconclusive(leaf.shape + " was there once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(
            fmt::format("the answer holds {} with a value of {} characters{}, twice", leaf.shape,
                        leaf.text.size(), knows ? ", which the document does not declare" : ""),
            {&own, &again}));
  }
  return CheckOutcome::protected_(fmt::format(
      "none of {} values has a name that only the service has a use for", leaves->size()));
}

const CheckInfo kInfo = {
    "excessive-property-exposure",
    "Answers hold what only the service itself has a use for",
    Severity::high,
    "property-authorization",
    {"API3:2023"},
    {213, 200},
    {"6.2.4"},
    "A record is sent as it is stored: hashes, secrets and notes go along, and clients only hide "
    "them.",
    "Name the properties of each answer one by one, by a schema that the answer is made from.",
    "fields = [\"id\", \"name\"] in a ModelSerializer, never fields = \"__all__\"; "
    "ProjectionExpression in DynamoDB.",
    "",
    "A property whose name is that of a hash, a secret or an internal note has a value, twice, and "
    "the document does not declare it. The value is not repeated in the report."};

}  // namespace

const SurfaceCheck kExcessivePropertyExposure = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::property_authorization
