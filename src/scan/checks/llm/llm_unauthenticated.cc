#include <fmt/format.h>

#include "scan/checks/llm/checks.h"
#include "scan/checks/llm/model.h"

namespace weir::scan::llm {
namespace {

constexpr int kRounds = 2;

CheckOutcome run(Surface& surface) {
  if (const auto reason = why_no_model(surface)) return *reason;
  if (!surface.has_credentials() && !surface.declares_security()) {
    return CheckOutcome::not_applicable("no credential was given: it may well be public");
  }
  const Answer& anonymous = surface.anonymous();
  if (!anonymous.ok()) return CheckOutcome::inconclusive("no answer without a credential");
  if (!anonymous.served()) {
    return CheckOutcome::protected_(
        fmt::format("without a credential the answer is {}", anonymous.status()));
  }
  if (!does_any_task(surface)) {
    return CheckOutcome::inconclusive(
        "served without a credential, but the model does no task "
        "by which it would show");
  }
  std::vector<Answer> answers;
  const Form form = [&surface, ask = plainly(surface)](const Task& task) {
    return surface.anonymous_of(ask(task)).request;
  };
  if (!carries_out(surface, form, "no credential, a task", kRounds, answers)) {
    return CheckOutcome::inconclusive("without a credential the model does not answer each time");
  }
  Evidence evidence = surface.evidence(
      fmt::format("without a credential the model carried out a task, {} times of {}", kRounds,
                  kRounds),
      {&answers[0], &answers[1]});
  evidence.rounds = kRounds;
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "llm-unauthenticated",
    "The model answers without a credential",
    Severity::high,
    "llm",
    {"API2:2023", "API4:2023"},
    {306},
    {"6.2.4"},
    "Anybody spends your tokens, and nobody can be limited by name.",
    "Ask for a credential before the model is called, and limit by it.",
    "permission_classes = [IsAuthenticated] on the view, and a limit by user.",
    "",
    "A credential was given or is declared; without one the model writes two made-up words as one, "
    "twice with new words."};

}  // namespace

const SurfaceCheck kLlmUnauthenticated = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::llm
