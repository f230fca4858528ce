// weir.yaml: read, explained, and made a limiter of.
#include <algorithm>
#include <memory>

#include "engine/limiter.h"
#include "fuzz/target.h"
#include "policy/explain.h"
#include "policy/read.h"
#include "store/memory/memory_store.h"
#include "tests/support/manual_clock.h"

namespace weir::fuzz {
namespace {

// No message can hold it by chance: control characters of a policy are never repeated.
constexpr std::string_view kPepper = "\x01the pepper of the environment\x02";

std::optional<std::string> environment(std::string_view name) {
  if (name == "WEIR_PEPPER") return std::string(kPepper);
  if (name == "SHORT") return "\x01short\x02";
  return std::nullopt;
}

void check_problems(const std::vector<policy::Problem>& problems, std::string_view input) {
  const auto lines = 1 + std::count(input.begin(), input.end(), '\n');
  for (const policy::Problem& problem : problems) {
    WEIR_CHECK(problem.line >= 1 && problem.column >= 1);
    WEIR_CHECK(problem.line <= lines + std::count(input.begin(), input.end(), '\r'));
    const std::string text = policy::describe("weir.yaml", "error", problem);
    WEIR_CHECK(!problem.message.empty() && text.find_first_of("\n\r\x01") == std::string::npos);
    WEIR_CHECK(text.size() < 2000);
  }
}

}  // namespace

void try_input(std::string_view input) {
  policy::Reading reading = policy::read_policy(input, environment);
  WEIR_CHECK(reading.policy.has_value() == reading.errors.empty());
  WEIR_CHECK(reading.errors.size() <= policy::kMaxProblems);
  check_problems(reading.errors, input);
  check_problems(reading.warnings, input);
  if (!reading.policy) return;

  // What was accepted can be kept.
  for (const policy::Rule& rule : reading.policy->rules) {
    WEIR_CHECK(policy::check_rule(rule));
    WEIR_CHECK(policy::explain(rule).starts_with(rule.id));
    const std::int64_t share = policy::local_count(rule);
    WEIR_CHECK(share >= 1 && share <= rule.limit.count);
  }
  test::ManualClock clock(Time(std::chrono::hours(24 * 365 * 50)));
  auto limiter = engine::Limiter::make(
      *std::move(reading.policy),
      {.clock = clock, .store = store::MemoryStore::create({.max_keys = 64}).value()});
  WEIR_CHECK(limiter);
  const Decision decision =
      (*limiter)->decide({.peer = "203.0.113.7", .method = "GET", .route = "/quotes"});
  WEIR_CHECK(!decision.degraded && decision.verdict != Verdict::unavailable);
}

}  // namespace weir::fuzz
