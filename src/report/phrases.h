// The turns of speech that every format for people shares, so that they say the same thing.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scan/model.h"

namespace weir::report {

std::string seconds(double value);            // "0.004 s", "18.4 s", "1 h 1 min"
std::string thousands(std::uint64_t number);  // "12,345"
std::string percent(double share);            // "98 %"
std::string limit_phrase(std::optional<std::int64_t> n,
                         std::optional<double> window_s);  // "6 per 6 s"
std::string status_phrase(int status);                     // "200", "no answer"
std::string verdict_phrase(scan::CheckVerdict verdict);    // "not applicable"

// "API4:2023", "CWE-770", "PCI DSS 6.2.4".
std::vector<std::string> references(const scan::Finding& finding);

// "12 of 20 operations of openapi.yaml were tested."; empty without a document.
std::string coverage_phrase(const scan::Report& report);

// Why operations were not tested: each reason once, the commonest first.
struct Reason {
  std::string why;
  std::vector<std::string> operations;
};
std::vector<Reason> reasons_of(const scan::OperationCoverage& coverage);

// "GET /a, GET /b and 3 more".
std::string names_phrase(const std::vector<std::string>& names);

// "2 high, 1 medium"; "none".
std::string severities(const std::vector<scan::Finding>& findings);

// "score 75 → 48 (-27), 1 new, 3 unchanged, 1 gone" against the baseline; empty without one.
std::string comparison_phrase(const scan::Report& report);

// What sets a finding apart: "new", "suppressed until 2027-03-01: ..."; empty for most.
std::string standing_phrase(const scan::Finding& finding);

// One sentence under the grade.
std::string headline(const scan::Report& report);

}  // namespace weir::report
