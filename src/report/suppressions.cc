#include "report/suppressions.h"

#include <fmt/format.h>

namespace weir::report {

void suppress(scan::Report& report, const std::vector<SuppressionRule>& rules,
              std::string_view today) {
  for (scan::Finding& finding : report.findings) finding.suppressed.reset();
  for (const SuppressionRule& rule : rules) {
    const std::string what =
        fmt::format("The suppression of {} on {}", rule.check,
                    rule.operation.empty() ? "all operations" : rule.operation);
    bool covers = false;
    for (scan::Finding& finding : report.findings) {
      if (finding.id != rule.check) continue;
      if (!rule.operation.empty() && finding.operation != rule.operation) continue;
      covers = true;
      // Days written year first compare as text does.
      if (today <= rule.expires) finding.suppressed = {rule.reason, rule.expires};
    }
    if (!covers) {
      report.notes.push_back(what + " covers no finding: take it out");
    } else if (today > rule.expires) {
      report.notes.push_back(fmt::format("{} expired on {}: {}", what, rule.expires, rule.reason));
    }
  }
}

}  // namespace weir::report
