#include <fmt/format.h>

#include "scan/checks/data_exposure/checks.h"
#include "scan/surface/patterns.h"

namespace weir::scan::data_exposure {
namespace {

CheckOutcome run(Surface& surface) {
  const auto answers = surface.look_around();
  for (const Answer* answer : answers) {
    const auto language = find_stack_trace(answer->response.body);
    if (!language) continue;
    const Answer again = surface.send(answer->sent, "again");
    if (!find_stack_trace(again.response.body)) continue;
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("{} is answered with {} and a stack trace ({}), twice",
                                     answer->exchange.note, answer->status(), *language),
                         {answer, &again}));
  }
  if (answers.empty()) return CheckOutcome::inconclusive("no answer");
  return CheckOutcome::protected_(
      fmt::format("{} answers, errors among them, show no stack trace", answers.size()));
}

const CheckInfo kInfo = {
    "stack-trace-exposed",
    "Errors show the program's insides",
    Severity::medium,
    "data-exposure",
    {"API8:2023"},
    {209},
    {"6.2.4"},
    "Frames name files, libraries and versions, and often values: a map for the next attack.",
    "Answer errors with a problem document (RFC 9457) that names nothing of the inside, and write "
    "the trace to the log.",
    "DEBUG = False, and a handler500 that answers JSON.",
    "",
    "An answer shows two frames of a stack trace or more, twice."};

}  // namespace

const SurfaceCheck kStackTraceExposed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
