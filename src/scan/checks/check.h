// A check: what it looks for and how to mend it (data), and a small function over the Bench.
//
// Adding one: docs/writing-a-check.md. Ids are stable; the corpus and users' gates depend on them.
// Thread safety: the registry is constant; a run is as the Bench.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "scan/check_info.h"
#include "scan/experiment/bench.h"
#include "scan/model.h"

namespace weir::scan {

struct CheckOutcome {
  CheckVerdict verdict = CheckVerdict::inconclusive;
  std::string detail;
  Confidence confidence = Confidence::tentative;
  std::vector<Evidence> evidence;

  static CheckOutcome vulnerable(Confidence confidence, Evidence evidence);
  static CheckOutcome protected_(std::string detail);
  static CheckOutcome inconclusive(std::string detail);
  static CheckOutcome not_applicable(std::string detail);
};

// When a check runs.
enum class Stage {
  while_refused,  // the base is refused; the check may send variants
  concluding,     // after the rounds; the check reads what they found, and may send a little
  with_room,      // last: the check needs requests that are served, and may use the quota up
};

struct Check {
  const CheckInfo* info;
  Stage stage;
  CheckOutcome (*run)(Bench&);
};

// In the order in which they run.
std::span<const Check> rate_limiting_checks();

}  // namespace weir::scan
