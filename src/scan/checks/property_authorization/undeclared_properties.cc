#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "scan/checks/property_authorization/checks.h"
#include "scan/checks/property_authorization/properties.h"

namespace weir::scan::property_authorization {
namespace {

constexpr std::size_t kShown = 8;
constexpr std::size_t kEnoughDeclared = 2;  // otherwise the schema is of something else

CheckOutcome run(Surface& surface) {
  const openapi::Operation* operation = surface.declared();
  if (operation == nullptr || !operation->answer || operation->answer->properties.empty()) {
    return CheckOutcome::not_applicable("no schema of the answer is declared");
  }
  if (operation->answer->open) {
    return CheckOutcome::not_applicable("the schema admits properties that it does not name");
  }
  const Answer& own = surface.baseline();
  const auto leaves = leaves_of(own.response.body);
  if (!own.served() || !leaves) return CheckOutcome::inconclusive("the answer is no JSON");
  std::set<std::string> declared;
  std::set<std::string> undeclared;
  for (const Leaf& leaf : *leaves) {
    if (leaf.key.empty()) continue;
    (declares(*operation->answer, leaf.key) ? declared : undeclared).insert(leaf.key);
  }
  if (declared.size() < kEnoughDeclared) {
    return CheckOutcome::inconclusive("the answer is not of the declared kind");
  }
  if (undeclared.empty()) {
    return CheckOutcome::protected_(fmt::format("all {} properties are declared", declared.size()));
  }
  std::vector<std::string> shown(undeclared.begin(), undeclared.end());
  if (shown.size() > kShown) shown.resize(kShown);
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(
          fmt::format("{} of {} properties are not in the schema of line {}: {}{}",
                      undeclared.size(), undeclared.size() + declared.size(), operation->line,
                      fmt::join(shown, ", "), undeclared.size() > kShown ? ", ..." : ""),
          {&own}));
}

const CheckInfo kInfo = {
    "undeclared-properties",
    "Answers hold properties that the document does not declare",
    Severity::low,
    "property-authorization",
    {"API3:2023", "API9:2023"},
    {1068},
    {},
    "Nobody has decided that they may be read: the next column of the table is in the answer as "
    "soon as it is in the table.",
    "Name the properties of each answer one by one, and say additionalProperties: false.",
    "fields = [...] in a ModelSerializer; drf-spectacular makes the document from the same list.",
    "",
    "The schema of the answer names its properties and admits no others at any depth; two of them "
    "and at least one other are in the answer."};

}  // namespace

const SurfaceCheck kUndeclaredProperties = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::property_authorization
