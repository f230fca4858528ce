// The file of --suppress:
//
//   version: 1
//   suppress:
//     - check: missing-retry-after
//       operation: GET /health        # left out: all operations
//       reason: The load balancer answers this one
//       expires: 2027-03-01           # the last day on which it holds
//
// Every mistake is an error with its line: a check that there is not would suppress nothing and
// leave its author believing that it does. Thread safety: pure functions but for reading the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/suppressions.h"

namespace weir::cli {

inline constexpr std::size_t kMaxSuppressions = 500;

Result<std::vector<report::SuppressionRule>> read_suppressions(const std::string& path);

Result<std::vector<report::SuppressionRule>> parse_suppressions(std::string_view yaml,
                                                                std::string_view name);

}  // namespace weir::cli
