#include "scan/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weir::scan {
namespace {

double weight_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return 0.45;
    case Severity::high:
      return 0.25;
    case Severity::medium:
      return 0.10;
    case Severity::low:
      return 0.03;
    case Severity::info:
      return 0;
  }
  return 0;
}

double weight_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::confirmed:
      return 1.0;
    case Confidence::firm:
      return 0.6;
    case Confidence::tentative:
      return 0.3;
  }
  return 0;
}

// The same flaw on more operations is most likely one cause: it counts less each time.
constexpr double kRepeated = 0.3;

// One confirmed finding this severe, and no sum of good news makes a good grade.
constexpr int kCapCritical = 39;
constexpr int kCapHigh = 69;

char grade_of(int score) {
  if (score >= 90) return 'A';
  if (score >= 80) return 'B';
  if (score >= 70) return 'C';
  if (score >= 60) return 'D';
  return 'F';
}

}  // namespace

void score(Report& report) {
  report.score_steps.clear();
  report.categories.clear();
  std::map<std::string, double> remaining;
  int executed = 0;
  int applicable = 0;
  for (const CheckResult& check : report.checks) {
    if (check.verdict == CheckVerdict::not_applicable) continue;
    ++applicable;
    if (check.verdict == CheckVerdict::inconclusive) continue;
    ++executed;
    remaining.emplace(check.category, 1.0);
  }
  std::map<std::string, int> seen;
  int cap = 100;
  for (const Finding& finding : report.findings) {
    if (finding.suppressed) continue;
    const int before = seen[finding.id]++;
    const double factor = 1 - weight_of(finding.severity) * weight_of(finding.confidence) *
                                  std::pow(kRepeated, std::min(before, 10));
    remaining.emplace(finding.category, 1.0).first->second *= factor;
    report.score_steps.push_back(
        {fmt::format("{} ({}, {}) on {}", finding.id, to_string(finding.severity),
                     to_string(finding.confidence), finding.operation),
         factor});
    if (finding.confidence == Confidence::confirmed) {
      if (finding.severity == Severity::critical) cap = std::min(cap, kCapCritical);
      if (finding.severity == Severity::high) cap = std::min(cap, kCapHigh);
    }
  }
  // One category so far; with more of them this becomes their weighted mean.
  double sum = 0;
  for (const auto& [category, share] : remaining) {
    report.categories[category] = static_cast<int>(std::lround(100 * share));
    sum += 100 * share;
  }
  const int mean = remaining.empty()
                       ? 0
                       : static_cast<int>(std::lround(sum / static_cast<double>(remaining.size())));
  report.score = std::min(mean, cap);
  report.coverage = applicable == 0 ? 0 : static_cast<double>(executed) / applicable;
  report.grade = remaining.empty() ? 'F' : grade_of(report.score);
  if (report.score < mean) {
    report.score_steps.push_back(
        {fmt::format("capped at {}: a confirmed finding of this severity", cap),
         static_cast<double>(report.score) / mean});
  }
}

}  // namespace weir::scan
