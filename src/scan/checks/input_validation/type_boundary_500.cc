#include <fmt/format.h>

#include "scan/checks/input_validation/checks.h"
#include "scan/surface/inputs.h"

namespace weir::scan::input_validation {
namespace {

constexpr int kRounds = 3;

std::vector<Variant> hostile_requests(const Surface& surface) {
  std::vector<Variant> all;
  for (const Input& input : query_inputs(surface)) {
    const bool number = input.type == "integer" || input.type == "number";
    const std::vector<std::string> values =
        number ? std::vector<std::string>{"weir", "99999999999999999999", "-1", "NaN"}
               : std::vector<std::string>{std::string(4096, 'w'), std::string(1, '\0'), "\xff"};
    for (const std::string& value : values) {
      all.push_back(with_input(surface, input, value));
      if (value.size() > 40) all.back().changed = input.name + "= 4,096 letters";
    }
  }
  if (surface.base_request().body && surface.base_request().body->starts_with('{')) {
    for (const char* body : {"{", "[]", "null", "\"weir\""}) {
      Variant variant = surface.base();
      variant.changed = fmt::format("body {}", body);
      variant.request.body = body;
      all.push_back(std::move(variant));
    }
  }
  return all;
}

CheckOutcome run(Surface& surface) {
  const Answer& own = surface.baseline();
  if (!own.ok() || own.failed()) return CheckOutcome::inconclusive("the base itself fails");
  std::vector<Variant> requests = {surface.malformed().sent};
  for (Variant& each : hostile_requests(surface)) requests.push_back(std::move(each));
  for (const Variant& request : requests) {
    if (surface.stopped()) return CheckOutcome::inconclusive(surface.stop_reason());
    const Answer first = surface.send(request, "variant");
    // 501 and 505 are decisions, 502 to 504 those of a proxy.
    if (first.status() != 500) continue;
    Answer control;
    for (int round = 1; round < kRounds; ++round) {
      control = surface.send(surface.base(), "control");
      if (!control.ok() || control.failed() || surface.send(request, "variant").status() != 500) {
        return CheckOutcome::inconclusive("a 500 that did not come each time");
      }
    }
    Evidence evidence = surface.evidence(
        fmt::format("{} gives 500, {} times of {}, while the base gives {} in between",
                    request.changed, kRounds, kRounds, control.status()),
        {&control, &first});
    evidence.rounds = kRounds;
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }
  return CheckOutcome::protected_(
      fmt::format("{} requests that no schema admits: none gives 500", requests.size()));
}

const CheckInfo kInfo = {
    "type-boundary-500",
    "What the schema does not admit ends in a 500",
    Severity::medium,
    "input-validation",
    {"API8:2023"},
    {20, 755},
    {},
    "Values reach code that was not written for them: what fails by chance today is where an "
    "attacker looks first, and each failure costs more than a refusal.",
    "Check every value against a schema before it is used, and answer 400 or 422.",
    "A Serializer or Form for query parameters, too: int(request.GET[\"limit\"]) raises on text.",
    "",
    "A value that no schema admits gives 500 three times of three, and the base request in between "
    "does not."};

}  // namespace

const SurfaceCheck kTypeBoundary500 = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
