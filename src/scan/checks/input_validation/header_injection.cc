#include <fmt/format.h>

#include "scan/checks/input_validation/checks.h"
#include "scan/surface/inputs.h"

namespace weir::scan::input_validation {
namespace {

CheckOutcome run(Surface& surface) {
  const std::vector<Input> inputs = query_inputs(surface);
  if (inputs.empty()) return CheckOutcome::not_applicable("no parameter in the query");
  for (const Input& input : inputs) {
    const auto ask = [&] {
      const std::string name = "X-Weir-" + surface.made_up();
      Answer answer =
          surface.send(with_input(surface, input, fmt::format("weir\r\n{}: 1", name)), "variant");
      const bool there = find_header(answer.response.headers, name).has_value();
      return std::pair(std::move(answer), there);
    };
    const auto [first, there] = ask();
    // A broken connection is an answer, too: this value is not taken.
    if (!there) continue;
    const auto [second, there_again] = ask();
    if (!there_again) return CheckOutcome::inconclusive("seen once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("a line break in the parameter {} makes a header of the "
                                     "answer, twice with new names",
                                     input.name),
                         {&first, &second}));
  }
  return CheckOutcome::protected_(
      fmt::format("{} parameters: no line break reaches the headers", inputs.size()));
}

const CheckInfo kInfo = {
    "header-injection",
    "A parameter writes headers of the answer",
    Severity::high,
    "input-validation",
    {"API8:2023"},
    {113, 93},
    {"6.2.4"},
    "Whoever makes the link sets cookies and answers in the name of the API, and poisons caches.",
    "Refuse control characters in whatever goes into a header; use a library that does.",
    "HttpResponse refuses line breaks in headers (BadHeaderError): set headers through it only.",
    "",
    "A parameter with a line break and a made-up header's name makes that header part of the "
    "answer, twice with new names."};

}  // namespace

const SurfaceCheck kHeaderInjection = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
