// A mistake, or something worth a warning, at a place in a policy file.
//
// Thread safety: plain values.
#pragma once

#include <string>
#include <string_view>

namespace weir::policy {

inline constexpr std::size_t kMaxProblems = 100;

struct Problem {
  int line = 1;  // both counted from 1
  int column = 1;
  std::string message;  // what is wrong, without a final full stop
  std::string cure;     // how to mend it; may be empty
};

// "weir.yaml:7:12: error: message. cure", the form that editors and CI find their way by.
std::string describe(std::string_view file, std::string_view severity, const Problem& problem);

}  // namespace weir::policy
