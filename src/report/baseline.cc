#include "report/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "report/fingerprint.h"

namespace weir::report {
namespace {

std::set<std::string> fingerprints_of(const scan::Report& report) {
  std::set<std::string> all;
  for (const scan::Finding& finding : report.findings) {
    all.insert(fingerprint(finding.id, finding.operation));
  }
  // What --new-only left out is still among the checks.
  for (const scan::CheckResult& check : report.checks) {
    if (check.verdict == scan::CheckVerdict::vulnerable) {
      all.insert(fingerprint(check.id, check.operation));
    }
  }
  return all;
}

std::optional<scan::CheckVerdict> verdict_on(const scan::Report& report,
                                             const scan::Finding& finding) {
  for (const scan::CheckResult& check : report.checks) {
    if (check.id == finding.id && check.operation == finding.operation) return check.verdict;
  }
  return std::nullopt;
}

}  // namespace

void compare(scan::Report& report, const scan::Report& baseline) {
  scan::Comparison comparison;
  comparison.started_at = baseline.started_at;
  comparison.score = baseline.score;
  const std::set<std::string> before = fingerprints_of(baseline);
  for (scan::Finding& finding : report.findings) {
    const bool known = before.contains(fingerprint(finding.id, finding.operation));
    finding.novelty = known ? scan::Novelty::unchanged : scan::Novelty::fresh;
    ++(known ? comparison.unchanged : comparison.fresh);
  }
  const std::set<std::string> now = fingerprints_of(report);
  for (const scan::Finding& finding : baseline.findings) {
    if (now.contains(fingerprint(finding.id, finding.operation))) continue;
    comparison.gone.push_back({finding.id, finding.operation, verdict_on(report, finding)});
  }
  report.comparison = std::move(comparison);
}

void keep_new(scan::Report& report) {
  const auto known = std::erase_if(report.findings, [](const scan::Finding& finding) {
    return finding.novelty == scan::Novelty::unchanged;
  });
  if (known == 0) return;
  report.notes.push_back(fmt::format(
      "{} finding(s) that the baseline has as well are left out; the score counts them", known));
}

}  // namespace weir::report
