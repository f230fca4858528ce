#include "report/bounded.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "report/bounds.h"
#include "report/visible.h"

namespace weir::report {
namespace {

void cut(std::string& text, std::size_t max_bytes = kMaxTextBytes) {
  text = valid_text(text, max_bytes);
}

void cut_short(std::string& text) {
  cut(text, kMaxShortBytes);
}

double finite(double number) {
  return std::isfinite(number) ? number : 0;
}

double share(double number) {
  return std::clamp(finite(number), 0.0, 1.0);
}

// Keeps the first `max` and says what went.
template <class T>
void keep_first(std::vector<T>& list, std::size_t max, std::string_view what,
                std::vector<std::string>& notes) {
  if (list.size() <= max) return;
  notes.push_back(fmt::format("This report shows the first {} of {} {}", max, list.size(), what));
  list.resize(max);
}

// Of a long list of exchanges the beginning and the end tell the story.
void keep_both_ends(scan::Evidence& evidence) {
  std::vector<scan::Exchange>& exchanges = evidence.exchanges;
  if (exchanges.size() <= kMaxExchanges) return;
  const std::size_t excess = exchanges.size() - kMaxExchanges;
  const auto first = exchanges.begin() + static_cast<std::ptrdiff_t>(kMaxExchanges / 2);
  exchanges.erase(first, first + static_cast<std::ptrdiff_t>(excess));
  evidence.exchanges_left_out += excess;
}

void bound(scan::Evidence& evidence) {
  keep_both_ends(evidence);
  cut(evidence.claim);
  cut(evidence.curl);
  for (scan::Exchange& exchange : evidence.exchanges) {
    exchange.sent_s = finite(exchange.sent_s);
    exchange.answered_s = finite(exchange.answered_s);
    cut_short(exchange.method);
    cut_short(exchange.target);
    cut_short(exchange.changed);
    cut_short(exchange.note);
  }
}

void bound(scan::Finding& finding, std::vector<std::string>& notes) {
  cut_short(finding.id);
  cut_short(finding.category);
  cut_short(finding.operation);
  keep_first(finding.evidence, kMaxEvidence, "pieces of evidence of " + finding.id, notes);
  keep_first(finding.owasp, kMaxMappings, "OWASP references of " + finding.id, notes);
  keep_first(finding.cwe, kMaxMappings, "CWE references of " + finding.id, notes);
  keep_first(finding.pci_dss, kMaxMappings, "PCI DSS references of " + finding.id, notes);
  for (scan::Evidence& evidence : finding.evidence) bound(evidence);
  for (std::string& reference : finding.owasp) cut_short(reference);
  for (std::string& reference : finding.pci_dss) cut_short(reference);
  cut(finding.title);
  cut(finding.why);
  cut(finding.remediation);
  cut(finding.remediation_django_dynamodb);
  cut(finding.weir_rule);
  if (finding.suppressed) {
    cut(finding.suppressed->reason);
    cut_short(finding.suppressed->expires);
  }
}

void bound(scan::Comparison& comparison, std::vector<std::string>& notes) {
  cut_short(comparison.started_at);
  comparison.score = std::clamp(comparison.score, 0, 100);
  keep_first(comparison.gone, kMaxFindings, "findings that are gone", notes);
  for (scan::GoneFinding& gone : comparison.gone) {
    cut_short(gone.id);
    cut_short(gone.operation);
  }
}

void bound(scan::Declaration& declaration) {
  cut_short(declaration.operation);
  cut_short(declaration.file);
  declaration.line = std::max(declaration.line, 1);
}

void bound(scan::OperationCoverage& coverage, std::vector<std::string>& notes) {
  cut_short(coverage.document);
  coverage.declared = std::max(coverage.declared, 0);
  coverage.tested = std::clamp(coverage.tested, 0, coverage.declared);
  keep_first(coverage.left_out, kMaxLeftOut, "operations that were not tested", notes);
  for (scan::LeftOut& each : coverage.left_out) {
    cut_short(each.operation);
    cut_short(each.reason);
  }
}

void bound(scan::LimitSummary& limit) {
  cut_short(limit.operation);
  cut_short(limit.refusal);
  cut(limit.detail);
  limit.fit = share(limit.fit);
  if (limit.window_s) limit.window_s = finite(*limit.window_s);
}

void bound(scan::Timeline& timeline, std::vector<std::string>& notes) {
  cut_short(timeline.operation);
  keep_first(timeline.points, kMaxTimelinePoints, "requests in the timeline", notes);
  if (timeline.window_s) timeline.window_s = finite(*timeline.window_s);
  for (scan::TimelinePoint& point : timeline.points) {
    point.t_s = finite(point.t_s);
    cut_short(point.phase);
  }
}

void bound_categories(std::map<std::string, int>& categories, std::vector<std::string>& notes) {
  std::map<std::string, int> kept;
  for (const auto& [name, score] : categories) {
    if (kept.size() == kMaxCategories) {
      notes.push_back(fmt::format("This report shows the first {} of {} categories", kMaxCategories,
                                  categories.size()));
      break;
    }
    kept.emplace(valid_text(name, kMaxShortBytes), std::clamp(score, 0, 100));
  }
  categories = std::move(kept);
}

char grade_letter(char grade) {
  return std::string_view("ABCDF").find(grade) == std::string_view::npos ? 'F' : grade;
}

}  // namespace

scan::Report bounded(const scan::Report& original) {
  scan::Report report = original;
  std::vector<std::string> notes;
  keep_first(report.notes, kMaxNotes, "notes", notes);
  keep_first(report.findings, kMaxFindings, "findings", notes);
  keep_first(report.checks, kMaxChecks, "checks", notes);
  keep_first(report.limits, kMaxLimits, "limits", notes);
  keep_first(report.score_steps, kMaxScoreSteps, "steps of the score", notes);
  keep_first(report.timelines, kMaxTimelines, "timelines", notes);
  keep_first(report.declarations, kMaxLimits, "places in documents", notes);
  bound_categories(report.categories, notes);

  cut_short(report.schema);
  cut_short(report.tool_version);
  cut_short(report.scan_id);
  cut(report.target);
  cut_short(report.started_at);
  report.duration_s = finite(report.duration_s);
  report.coverage = share(report.coverage);
  report.score = std::clamp(report.score, 0, 100);
  report.grade = grade_letter(report.grade);
  for (std::string& note : report.notes) cut(note);
  for (scan::Finding& finding : report.findings) bound(finding, notes);
  for (scan::LimitSummary& limit : report.limits) bound(limit);
  for (scan::Declaration& declaration : report.declarations) bound(declaration);
  if (report.operations) bound(*report.operations, notes);
  if (report.comparison) bound(*report.comparison, notes);
  for (scan::Timeline& timeline : report.timelines) bound(timeline, notes);
  for (scan::CheckResult& check : report.checks) {
    cut_short(check.id);
    cut_short(check.category);
    cut_short(check.operation);
    cut(check.detail);
  }
  for (scan::ScoreStep& step : report.score_steps) {
    cut_short(step.what);
    step.factor = share(step.factor);
  }
  keep_first(notes, kMaxNotes, "remarks on what is left out", notes);
  report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  return report;
}

}  // namespace weir::report
