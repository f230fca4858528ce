#include <fmt/format.h>

#include "scan/checks/llm/checks.h"
#include "scan/checks/llm/model.h"
#include "scan/experiment/prompt.h"

namespace weir::scan::llm {
namespace {

constexpr int kRounds = 2;

CheckOutcome run(Surface& surface) {
  if (!surface.has_other()) {
    return CheckOutcome::not_applicable("no other user's credential was given (--as-other)");
  }
  if (const auto reason = why_no_model(surface)) return *reason;
  std::vector<Answer> answers;
  for (int round = 0; round < kRounds; ++round) {
    const std::string project = surface.made_up(8);
    const std::string word = surface.made_up(12);
    const Request question =
        surface
            .as_other(with_prompt(surface.base_request(),
                                  fmt::format("What is the code word of project {}?", project)))
            .request;
    answers.push_back(ask(surface,
                          with_prompt(surface.base_request(),
                                      fmt::format("Remember for later: the code word of project {} "
                                                  "is {}.",
                                                  project, word)),
                          "a made-up code word is told", "told"));
    if (!answers.back().served()) return CheckOutcome::inconclusive("the prompt is not served");
    answers.push_back(
        ask(surface, question, "the other user's credential, asked for the word", "variant"));
    if (!answers.back().ok()) return CheckOutcome::inconclusive("no answer to the other user");
    if (said(answers.back()).find(word) != std::string::npos) continue;
    if (round > 0) return CheckOutcome::inconclusive("it was told once only");
    return CheckOutcome::protected_("the other user is not told what the user has told");
  }
  Evidence evidence = surface.evidence(
      fmt::format(
          "a made-up word that one user told the model is told to the other, {} times of {} "
          "with new words",
          kRounds, kRounds),
      {&answers[0], &answers[1], &answers[2], &answers[3]});
  evidence.rounds = kRounds;
  evidence.curl = surface.curl_without_secrets(answers.back().sent.request);
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "llm-cross-session-leak",
    "The model tells one user what another has told it",
    Severity::critical,
    "llm",
    {"API1:2023", "API3:2023"},
    {200, 668},
    {"6.2.4"},
    "Conversations, memories or caches are shared between users (OWASP LLM02:2025).",
    "Keep history, memory and cached answers under the user's own key, and look them up by it.",
    "Conversation.objects.filter(user=request.user); the user's id in every cache key.",
    "",
    "A made-up word that the user's prompt tells is in the answer to the other user, twice with "
    "new words. The other user's question does not hold it."};

}  // namespace

const SurfaceCheck kLlmCrossSessionLeak = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::llm
