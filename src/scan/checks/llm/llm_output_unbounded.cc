#include <fmt/format.h>

#include "scan/checks/llm/checks.h"
#include "scan/checks/llm/model.h"
#include "scan/experiment/prompt.h"

namespace weir::scan::llm {
namespace {

constexpr std::size_t kTooMuchBytes = 12'000;  // about 4,000 tokens of numbers

CheckOutcome run(Surface& surface) {
  if (const auto reason = why_no_model(surface)) return *reason;
  const std::size_t usual = said(surface.baseline()).size();
  if (usual >= kTooMuchBytes / 4) {
    return CheckOutcome::not_applicable(fmt::format("the usual answer has {} bytes", usual));
  }
  std::vector<Answer> answers;
  std::size_t most = 0;
  for (int round = 0; round < 2; ++round) {
    answers.push_back(ask(surface,
                          with_prompt(surface.base_request(),
                                      "Count from 1 to 4000, one number a line, leaving none out."),
                          "a prompt for a long answer", "variant"));
    if (!answers.back().ok()) return CheckOutcome::inconclusive("no answer");
    const std::size_t size = said(answers.back()).size();
    most = std::max(most, size);
    if (size >= kTooMuchBytes) continue;
    if (round > 0) return CheckOutcome::inconclusive("a long answer came once only");
    return CheckOutcome::protected_(
        fmt::format("asked for some 19,000 bytes, it answers with {}", size));
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("one request brings {} bytes of text, twice; the base brings {}",
                                   most, usual),
                       {&answers[0], &answers[1]}));
}

const CheckInfo kInfo = {
    "llm-output-unbounded",
    "The length of the model's answers is not bounded",
    Severity::medium,
    "llm",
    {"API4:2023"},
    {770, 400},
    {},
    "A limit that counts requests does not bound the bill: one request may cost as much as "
    "hundreds.",
    "A server-side max_tokens, whatever the request says, and a limit that charges tokens.",
    "weir: a rule whose cost is the number of tokens, estimated before and settled after.",
    "",
    "A prompt for a long list brings 12,000 bytes or more (about 4,000 tokens), twice; the base "
    "brings less than a quarter of that."};

}  // namespace

const SurfaceCheck kLlmOutputUnbounded = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::llm
