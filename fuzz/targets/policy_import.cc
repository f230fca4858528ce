// The configuration of another limiter: what comes of it can be read.
#include "fuzz/target.h"
#include "policy/import.h"
#include "policy/read.h"

namespace weir::fuzz {

void try_input(std::string_view input) {
  const policy::Import made = policy::import_policy({{"limits.yaml", std::string(input)}});
  WEIR_CHECK(made.policy.empty() != made.errors.empty());
  for (const auto* const problems : {&made.errors, &made.notes}) {
    for (const auto& [file, problem] : *problems) {
      WEIR_CHECK(problem.line >= 1 && !problem.message.empty());
      WEIR_CHECK(problem.message.find('\n') == std::string::npos);
    }
  }
  if (!made.errors.empty()) return;
  const policy::Reading reading =
      policy::read_policy(made.policy, [](std::string_view) { return std::nullopt; });
  WEIR_CHECK(reading.policy && reading.policy->rules.empty());
}

}  // namespace weir::fuzz
