#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/property_authorization/checks.h"
#include "scan/checks/property_authorization/properties.h"

namespace weir::scan::property_authorization {
namespace {

CheckOutcome run(Surface& surface) {
  const openapi::Operation* operation = surface.declared();
  if (operation == nullptr || !operation->answer) {
    return CheckOutcome::not_applicable("no schema of the answer is declared");
  }
  std::vector<std::string> write_only;
  for (const openapi::Property& property : operation->answer->properties) {
    if (property.write_only) write_only.push_back(property.name);
  }
  if (write_only.empty()) return CheckOutcome::not_applicable("no property is write-only");
  const Answer& own = surface.baseline();
  const auto leaves = leaves_of(own.response.body);
  if (!own.served() || !leaves) return CheckOutcome::inconclusive("the answer is no JSON");
  const auto returned = [&](const std::vector<Leaf>& values, const std::string& name) {
    return std::any_of(values.begin(), values.end(),
                       [&](const Leaf& leaf) { return leaf.key == name && has_value(leaf); });
  };
  for (const std::string& name : write_only) {
    if (!returned(*leaves, name)) continue;
    const Answer again = surface.send(surface.base(), "again");
    if (!returned(leaves_of(again.response.body).value_or(std::vector<Leaf>()), name)) {
      return CheckOutcome::inconclusive(name + " was there once only");
    }
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("the document (line {}) calls {} writeOnly; the answer holds "
                                     "it with a value, twice",
                                     operation->line, name),
                         {&own, &again}));
  }
  return CheckOutcome::protected_(
      fmt::format("none of {} write-only properties comes back", write_only.size()));
}

const CheckInfo kInfo = {
    "write-only-returned",
    "A property that is for writing only comes back",
    Severity::medium,
    "property-authorization",
    {"API3:2023"},
    {213, 200},
    {"6.2.4"},
    "Passwords and the like are write-only so that nobody reads them, the caller included.",
    "Make answers from a schema of their own.",
    "extra_kwargs = {\"password\": {\"write_only\": True}} in the serializer.",
    "",
    "A property that the schema of the answer calls writeOnly has a value in it, twice."};

}  // namespace

const SurfaceCheck kWriteOnlyReturned = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::property_authorization
