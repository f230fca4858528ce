// A language model behind an operation: asking it, and telling by a result that stands in no prompt
// whether it did what it was told. Nothing else decides: never what a model says about itself.
//
// Polite: one prompt at a time, kBetweenS apart, and only where POST was allowed.
// Thread safety: as the Surface.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/checks/surface_check.h"

namespace weir::scan::llm {

inline constexpr double kBetweenS = 0.5;

// Why the operation cannot be asked as a model; nullopt: it can, and the base is served.
std::optional<CheckOutcome> why_no_model(Surface& surface);

// What the answer says: the texts of a JSON body, or the body.
std::string said(const Answer& answer);

Answer ask(Surface& surface, const Request& request, std::string changed, std::string_view note);

// A task whose result is in no part of the request: two made-up words to be written as one.
struct Task {
  std::string text;
  std::string result;
};
Task make_task(Surface& surface);

// Makes the request for a task.
using Form = std::function<Request(const Task&)>;

// Does the model carry the task out, in this form, `rounds` times of `rounds` with new words? It
// stops at the first time that it does not. `answers` gets what came.
bool carries_out(Surface& surface, const Form& form, const std::string& name, int rounds,
                 std::vector<Answer>& answers);

// Asked plainly, it does any task: then nobody has to override anything.
bool does_any_task(Surface& surface);

// The base with this prompt.
Form plainly(const Surface& surface, std::string before = "", std::string after = "");

}  // namespace weir::scan::llm
