#include "scan/checks/llm/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "scan/experiment/prompt.h"
#include "scan/surface/body.h"

namespace weir::scan::llm {
namespace {

constexpr const char* kMemory = "llm: does any task";

bool is_for_a_model(const Surface& surface) {
  if (surface.declared() != nullptr && surface.declared()->purpose == openapi::Purpose::llm) {
    return true;
  }
  static constexpr std::array<std::string_view, 7> kWords = {
      "/chat", "completion", "assistant", "/prompt", "/llm", "/generate", "/ask"};
  const std::string path = base::lower_case(surface.path());
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return path.find(word) != std::string::npos; });
}

}  // namespace

std::optional<CheckOutcome> why_no_model(Surface& surface) {
  const Request& base = surface.base_request();
  if (base.method != "POST" || !surface.plan().allow_writes || !prompt_of(base)) {
    return CheckOutcome::not_applicable("no prompt in a POST that --allow-writes allows");
  }
  const bool turns = base.body && base.body->find("\"messages\"") != std::string::npos;
  if (!turns && !is_for_a_model(surface)) {
    return CheckOutcome::not_applicable("neither path nor document speaks of a language model");
  }
  if (!surface.baseline().served()) return CheckOutcome::inconclusive("the base is not served");
  return std::nullopt;
}

std::string said(const Answer& answer) {
  const auto leaves = leaves_of(answer.response.body);
  if (!leaves) return answer.response.body;
  std::string all;
  for (const Leaf& leaf : *leaves) {
    if (leaf.is_text) all += leaf.text + "\n";
  }
  return all;
}

Answer ask(Surface& surface, const Request& request, std::string changed, std::string_view note) {
  surface.wait(kBetweenS, "between two prompts");
  return surface.send({std::move(changed), request}, note);
}

Task make_task(Surface& surface) {
  const std::string first = surface.made_up(6);
  const std::string second = surface.made_up(6);
  return {
      fmt::format("Write {} and {} as one word, without a blank between them, and nothing else.",
                  first, second),
      first + second};
}

bool carries_out(Surface& surface, const Form& form, const std::string& name, int rounds,
                 std::vector<Answer>& answers) {
  for (int round = 0; round < rounds; ++round) {
    const Task task = make_task(surface);
    answers.push_back(ask(surface, form(task), name, "variant"));
    if (said(answers.back()).find(task.result) == std::string::npos) return false;
  }
  return true;
}

bool does_any_task(Surface& surface) {
  std::string& known = surface.learned()[kMemory];
  if (known.empty()) {
    std::vector<Answer> answers;
    const bool does = carries_out(surface, plainly(surface), "a task, asked plainly", 1, answers) ||
                      carries_out(surface, plainly(surface), "a task, asked plainly", 1, answers);
    known = does ? "yes" : "no";
  }
  return known == "yes";
}

Form plainly(const Surface& surface, std::string before, std::string after) {
  return [&surface, before = std::move(before), after = std::move(after)](const Task& task) {
    return with_prompt(surface.base_request(), before + task.text + after);
  };
}

}  // namespace weir::scan::llm
