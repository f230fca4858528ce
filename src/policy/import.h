// Makes a policy of what another limiter is configured with, and says what cannot be kept.
//
// What is read: configuration files of envoyproxy/ratelimit (a mapping with `domain` and
// `descriptors`), several at once as it loads them.
//
// Promises:
// - A descriptor that was limited is limited as before: in the same unit, counted apart by the same
//   values, and answered by the rule that answered it. One difference is meant: the counts are
//   exact, so that no window holds more than the limit, where the old one admits twice that across
//   the edge of two windows.
// - Whatever is not kept is told, with its line. If that is a limit, `left_out` says so.
// - What is not understood is an error, and then there is no policy.
//
// docs/serve.md lists what becomes of what. Thread safety: pure function.
//
//   const policy::Import import = policy::import_policy({{"limits.yaml", text}});
#pragma once

#include <string>
#include <vector>

#include "policy/problem.h"

namespace weir::policy {

struct ImportFile {
  std::string name;
  std::string text;
};

struct ImportProblem {
  std::string file;
  Problem problem;
};

struct Import {
  std::string policy;  // the text of weir.yaml, if there is no error
  std::vector<ImportProblem> errors;
  std::vector<ImportProblem> notes;  // what is kept otherwise, or not at all
  bool left_out = false;             // a limit is not in the policy
};

Import import_policy(const std::vector<ImportFile>& files);

}  // namespace weir::policy
