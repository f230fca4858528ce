// Findings that somebody has decided to live with, until a day and for a reason.
//
// Thread safety: a pure function.
//
//   suppress(report, {{"missing-retry-after", "GET /health", "the balancer answers",
//   "2027-03-01"}},
//            "2026-11-25");
//   scan::score(report);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/model.h"

namespace weir::report {

struct SuppressionRule {
  std::string check;
  std::string operation;  // empty: all
  std::string reason;
  std::string expires;  // "2027-03-01": the last day on which it holds
};

// Marks what the rules that hold on `today` ("2026-11-25") cover. Rules that have expired, and
// those that cover nothing, are told in notes. The score is for the caller to make anew.
void suppress(scan::Report& report, const std::vector<SuppressionRule>& rules,
              std::string_view today);

}  // namespace weir::report
