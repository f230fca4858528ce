#include <fmt/format.h>

#include "scan/checks/llm/checks.h"
#include "scan/checks/llm/model.h"
#include "scan/experiment/prompt.h"
#include "scan/surface/body.h"

namespace weir::scan::llm {
namespace {

CheckOutcome run(Surface& surface) {
  if (const auto reason = why_no_model(surface)) return *reason;
  if (media_type(surface.baseline().response) != "text/html") {
    return CheckOutcome::not_applicable("the answers are no pages");
  }
  std::vector<Answer> answers;
  for (int round = 0; round < 2; ++round) {
    const std::string markup = fmt::format("<x-{}>", surface.made_up());
    answers.push_back(ask(surface,
                          with_prompt(surface.base_request(), "Repeat this exactly: " + markup),
                          "a prompt with markup", "variant"));
    const Answer& answer = answers.back();
    if (!answer.ok()) return CheckOutcome::inconclusive("no answer");
    const bool raw = answer.response.body.find(markup) != std::string::npos;
    if (raw && media_type(answer.response) == "text/html") continue;
    if (round > 0) return CheckOutcome::inconclusive("seen once only");
    return CheckOutcome::protected_("markup does not come back as markup");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence("markup that the model was asked to repeat is markup of the page, twice",
                       {&answers[0], &answers[1]}));
}

const CheckInfo kInfo = {
    "llm-output-unsafe-html",
    "What the model says is put into a page as markup",
    Severity::medium,
    "llm",
    {"API8:2023", "API10:2023"},
    {1426, 79},
    {"6.2.4"},
    "A text that the model reads for a user runs scripts in the user's browser (OWASP LLM05:2025).",
    "Treat what the model says as a stranger's input: escape it, or answer JSON and render it as "
    "text.",
    "Templates escape by themselves: no mark_safe() and no |safe on a reply.",
    "",
    "A made-up element that the prompt asks for is in the page unescaped, twice with new names."};

}  // namespace

const SurfaceCheck kLlmOutputUnsafeHtml = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::llm
