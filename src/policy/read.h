// Reads weir.yaml into a Policy, and says where every mistake is.
//
// Promises:
// - All mistakes of a file are found at once, as far as they do not hide each other, each with
// line,
//   column, what is wrong and how to mend it.
// - What is not understood is an error, never ignored: a misspelt field would be a limit that is
//   not there.
// - "${NAME}" is read from the environment for the pepper only; no value of it is ever in a
// message.
// - Any bytes are safe to read; time and memory are bounded by the size of the text (yaml.h).
//
// docs/policy.md is the reference of the format, schemas/weir-policy.schema.json its schema.
// Thread safety: pure functions; load_policy reads a file.
//
//   policy::Reading reading = policy::read_policy(text, environment);
//   for (const policy::Problem& error : reading.errors) print(describe("weir.yaml", "error",
//   error));
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "policy/policy.h"
#include "policy/problem.h"

namespace weir::policy {

struct Reading {
  std::optional<Policy> policy;   // if there is no error
  std::vector<Problem> errors;    // in the order of the file; at most kMaxProblems
  std::vector<Problem> warnings;  // what the policy allows that its author may not want
};

Reading read_policy(std::string_view yaml, const Environment& environment);

// The bytes of a policy file; refuses what is no regular file or larger than kMaxPolicyBytes.
Result<std::string> read_policy_file(const std::string& path);

// Both in one, for programs that cannot go on with a bad policy: the Error's message holds every
// mistake, one a line.
Result<Policy> load_policy(const std::string& path, const Environment& environment);

}  // namespace weir::policy
