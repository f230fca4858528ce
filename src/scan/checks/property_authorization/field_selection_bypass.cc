#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scan/checks/property_authorization/checks.h"
#include "scan/checks/property_authorization/properties.h"

namespace weir::scan::property_authorization {
namespace {

constexpr std::string_view kWanted = "password_hash,password,salt,internal_notes,secret_key,ssn";

bool is_wanted(std::string_view key) {
  return is_internal_name(key) || key == "password" || key == "ssn";
}

// Names with a value that are in `answer` and not in the base's.
std::string gained(Surface& surface, const Answer& answer) {
  const auto before = leaves_of(surface.baseline().response.body).value_or(std::vector<Leaf>());
  for (const Leaf& leaf : leaves_of(answer.response.body).value_or(std::vector<Leaf>())) {
    if (!is_wanted(leaf.key) || !has_value(leaf)) continue;
    const bool known = std::any_of(before.begin(), before.end(),
                                   [&](const Leaf& each) { return each.key == leaf.key; });
    if (!known) return leaf.key;
  }
  return {};
}

CheckOutcome run(Surface& surface) {
  const Answer& own = surface.baseline();
  if (!surface.is_read_only() || !own.served() || !leaves_of(own.response.body)) {
    return CheckOutcome::not_applicable("no GET that is answered with JSON");
  }
  for (const char* name : {"fields", "select", "include", "expand", "$select", "only"}) {
    const Variant variant = surface.with_query(name, kWanted);
    const Answer first = surface.send(variant, "variant");
    if (!first.ok()) return CheckOutcome::inconclusive("no answer");
    const std::string key = first.served() ? gained(surface, first) : "";
    if (key.empty()) continue;
    // The controls: an unknown parameter changes nothing, and what is gained comes each time.
    const Answer control = surface.send(surface.with_query("weirx", kWanted), "control");
    const Answer second = surface.send(variant, "variant");
    if (!gained(surface, control).empty() || gained(surface, second) != key) {
      return CheckOutcome::inconclusive(key + " did not come by this parameter each time");
    }
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("?{}= brings {} with a value, twice, which the base and an "
                                     "unknown parameter do not",
                                     name, key),
                         {&own, &control, &first, &second}));
  }
  return CheckOutcome::protected_("none of six parameters selects what is not shown by itself");
}

const CheckInfo kInfo = {
    "field-selection-bypass",
    "Callers may select properties that are not shown",
    Severity::high,
    "property-authorization",
    {"API3:2023"},
    {213},
    {"6.2.4"},
    "The default answer hides what the parameter hands out.",
    "Let the parameter choose among the properties that the caller may read, never among those "
    "that are stored.",
    "drf-flex-fields and the like on a serializer with fields = [...].",
    "",
    "One of six parameters (fields, select, ...) brings a property with the name of a hash or "
    "secret and a value, twice; the base and an unknown parameter do not."};

}  // namespace

const SurfaceCheck kFieldSelectionBypass = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::property_authorization
