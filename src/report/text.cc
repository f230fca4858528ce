#include "report/text.h"

#include <fmt/color.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "report/phrases.h"
#include "report/text_page.h"

namespace weir::report {
namespace {

constexpr int kMinWidth = 40;
constexpr int kMaxWidth = 200;
constexpr std::size_t kMaxExchangesInText = 8;  // first and last half; JSON and HTML have the rest
constexpr std::size_t kMaxReasonsInText = 10;
constexpr std::size_t kLabelColumns = 12;

const fmt::text_style kBold = fmt::emphasis::bold;
const fmt::text_style kFaint = fmt::emphasis::faint;
const fmt::text_style kGood = fg(fmt::terminal_color::green);
const fmt::text_style kBad = fg(fmt::terminal_color::red);
const fmt::text_style kDoubt = fg(fmt::terminal_color::yellow);

fmt::text_style style_of(scan::Severity severity) {
  switch (severity) {
    case scan::Severity::critical:
    case scan::Severity::high:
      return kBad | kBold;
    case scan::Severity::medium:
      return kDoubt | kBold;
    case scan::Severity::low:
    case scan::Severity::info:
      break;
  }
  return kBold;
}

// How a verdict is shown, the worst first: the table of checks is in this order.
struct VerdictLook {
  scan::CheckVerdict verdict;
  const char* sign;
  fmt::text_style style;
};

const VerdictLook kVerdicts[] = {
    {scan::CheckVerdict::vulnerable, "✗", kBad},
    {scan::CheckVerdict::inconclusive, "?", kDoubt},
    {scan::CheckVerdict::protected_, "✓", kGood},
    {scan::CheckVerdict::not_applicable, "–", kFaint},
};

fmt::text_style style_of_grade(char grade) {
  if (grade == 'A' || grade == 'B') return kGood | kBold;
  return (grade == 'C' || grade == 'D' ? kDoubt : kBad) | kBold;
}

std::string upper(std::string text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

void write_summary(TextPage& page, const scan::Report& report) {
  page.line({{"Weir scan", kBold}, {"  "}, {report.target}});
  page.line({{fmt::format("{} · {} · {} requests · seed {} · weir {}", report.started_at,
                          seconds(report.duration_s),
                          thousands(static_cast<std::uint64_t>(std::max(report.requests, 0))),
                          report.seed, report.tool_version),
              kFaint}});
  page.blank();
  page.line({{fmt::format("Grade {}", report.grade), style_of_grade(report.grade)},
             {fmt::format("   score {} of 100   coverage {}   findings: {}", report.score,
                          percent(report.coverage), severities(report.findings))}});
  page.paragraph("", 0, headline(report), 0);
  if (report.comparison) {
    page.paragraph("", 0,
                   fmt::format("Against the baseline of {}: {}.", report.comparison->started_at,
                               comparison_phrase(report)),
                   0);
  }
}

void write_gone(TextPage& page, const scan::Report& report) {
  if (!report.comparison || report.comparison->gone.empty()) return;
  page.heading("Gone since the baseline");
  std::vector<Row> rows;
  for (const scan::GoneFinding& gone : report.comparison->gone) {
    rows.push_back({{gone.id},
                    {gone.operation},
                    {gone.now ? "now " + verdict_phrase(*gone.now) : "not tested now", kFaint}});
  }
  page.table(rows, 2);
}

void write_operations(TextPage& page, const scan::Report& report) {
  if (!report.operations) return;
  page.heading("Operations of the document");
  page.paragraph("", 0, coverage_phrase(report), 2);
  const std::vector<Reason> reasons = reasons_of(*report.operations);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < std::min(reasons.size(), kMaxReasonsInText); ++i) {
    rows.push_back({{fmt::format("{} not", reasons[i].operations.size()), kDoubt},
                    {reasons[i].why},
                    {names_phrase(reasons[i].operations), kFaint}});
  }
  page.table(rows, 2);
  if (reasons.size() > kMaxReasonsInText) {
    page.paragraph("", 0, fmt::format("and {} further reasons", reasons.size() - kMaxReasonsInText),
                   2);
  }
}

void write_limits(TextPage& page, const scan::Report& report) {
  if (report.limits.empty()) return;
  page.heading("Limits as observed");
  std::vector<Row> rows;
  for (const scan::LimitSummary& limit : report.limits) {
    std::string detail = fmt::format("fit {}", percent(limit.fit));
    if (!limit.refusal.empty()) detail += ", refuses with " + limit.refusal;
    if (!limit.detail.empty()) detail += "; " + limit.detail;
    rows.push_back({{limit.operation},
                    {limit_phrase(limit.n, limit.window_s), kBold},
                    {to_string(limit.kind)},
                    {std::move(detail), kFaint}});
  }
  page.table(rows, 2);
}

void write_exchanges(TextPage& page, const scan::Evidence& evidence) {
  std::vector<Row> rows;
  const std::size_t count = evidence.exchanges.size();
  const std::size_t over = count > kMaxExchangesInText ? count - kMaxExchangesInText : 0;
  const std::size_t gap = over != 0 ? kMaxExchangesInText / 2 : count / 2;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == gap && over + evidence.exchanges_left_out != 0) {
      const std::size_t hidden = over + evidence.exchanges_left_out;
      rows.push_back({{"…", kFaint}, {""}, {""}, {fmt::format("{} more", hidden), kFaint}});
      i += over;
    }
    const scan::Exchange& exchange = evidence.exchanges[i];
    const std::string& what = exchange.changed.empty() ? exchange.note : exchange.changed;
    rows.push_back({{fmt::format("{:.3f} s", exchange.sent_s), kFaint},
                    {status_phrase(exchange.status) + (exchange.refused ? " refused" : ""),
                     exchange.refused ? kFaint : kBold},
                    {exchange.method + " " + exchange.target},
                    {what}});
  }
  page.table(rows, 4);
}

void write_finding(TextPage& page, const scan::Finding& finding) {
  page.blank();
  page.line({{upper(to_string(finding.severity)), style_of(finding.severity)},
             {"  "},
             {finding.id, kBold},
             {"  " + finding.operation},
             {fmt::format("  {}", to_string(finding.confidence)), kFaint}});
  page.paragraph("", 0, finding.title, 2);
  const std::string standing = standing_phrase(finding);
  if (!standing.empty()) page.paragraph("", 0, standing, 2);
  for (const scan::Evidence& evidence : finding.evidence) {
    page.paragraph("Evidence", kLabelColumns, evidence.claim, 2);
    write_exchanges(page, evidence);
    if (!evidence.curl.empty()) {
      page.line({{"Reproduce   ", kFaint}, {evidence.curl}}, 2);
    }
  }
  const auto labelled = [&page](std::string_view label, const std::string& text) {
    if (!text.empty()) page.paragraph(label, kLabelColumns, text, 2);
  };
  labelled("Why", finding.why);
  labelled("Mend", finding.remediation);
  labelled("In Django", finding.remediation_django_dynamodb);
  if (!finding.weir_rule.empty()) {
    page.line({{"Weir rule that closes it", kFaint}}, 2);
    page.verbatim(finding.weir_rule, 4);
  }
  labelled("See", fmt::format("{}", fmt::join(references(finding), ", ")));
}

void write_checks(TextPage& page, const scan::Report& report) {
  if (report.checks.empty()) return;
  page.heading("Checks");
  std::vector<Row> rows;
  for (const VerdictLook& look : kVerdicts) {
    for (const scan::CheckResult& check : report.checks) {
      if (check.verdict != look.verdict) continue;
      rows.push_back({{look.sign, look.style},
                      {verdict_phrase(check.verdict), look.style},
                      {check.id},
                      {check.operation, kFaint},
                      {check.detail, kFaint}});
    }
  }
  page.table(rows, 2);
}

void write_score(TextPage& page, const scan::Report& report) {
  page.heading("How the score came about");
  std::vector<Row> rows;
  for (const auto& [category, score] : report.categories) {
    rows.push_back({{category}, {fmt::format("{} of 100", score)}});
  }
  for (const scan::ScoreStep& step : report.score_steps) {
    rows.push_back({{fmt::format("× {:.3g}", step.factor)}, {step.what}});
  }
  rows.push_back({{fmt::format("= {}", report.score), kBold},
                  {fmt::format("grade {}", report.grade), style_of_grade(report.grade)}});
  page.table(rows, 2);
}

}  // namespace

std::string render_text(const scan::Report& report, bool colour, int width) {
  TextPage page(colour, static_cast<std::size_t>(std::clamp(width, kMinWidth, kMaxWidth)));
  write_summary(page, report);
  write_operations(page, report);
  write_limits(page, report);
  if (!report.findings.empty()) {
    page.heading(fmt::format("Findings: {}", severities(report.findings)));
    for (const scan::Finding& finding : report.findings) write_finding(page, finding);
  }
  write_gone(page, report);
  write_checks(page, report);
  write_score(page, report);
  if (!report.notes.empty()) {
    page.heading("Notes");
    for (const std::string& note : report.notes) page.paragraph("-", 2, note, 2);
  }
  return std::move(page).take();
}

}  // namespace weir::report
