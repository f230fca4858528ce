// Rules: what a recording shows of limiters that can be got around. Each is a pure function over
// the ledger, in a file of its own.
//
// A finding names the operations that prove it and the expression that would hold. Where order
// alone says it, the finding is tentative: another order of the same operations may have another
// reason. What a rule cannot tell, it does not say.
//
// Ids are stable, and those of `weir lint`. Thread safety: constant; pure functions.
//
//   for (const Finding& finding : find_flaws(trace.operations)) print(finding.rule->title)
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "scan/check_info.h"
#include "tap/rules/ledger.h"

namespace weir::tap {

// Of a finding: the operations that are named.
inline constexpr std::size_t kMaxNamed = 6;
// How often something has to be seen before it is a habit and no accident.
inline constexpr std::size_t kHabit = 3;

struct Finding {
  const scan::CheckInfo* rule = nullptr;
  scan::Confidence confidence = scan::Confidence::tentative;
  std::string subject;                  // "UpdateItem limits (pk): ADD hits :one"
  std::string claim;                    // one sentence with the numbers
  std::vector<std::size_t> operations;  // at most kMaxNamed, by their place in the recording
  std::string cure;                     // with the expression that would hold
};

struct Rule {
  scan::CheckInfo info;
  std::vector<Finding> (*find)(const Ledger&);
};

// The most severe first.
std::span<const Rule> rules();

// All findings of all rules, in their order.
std::vector<Finding> find_flaws(std::span<const Operation> operations);

}  // namespace weir::tap
