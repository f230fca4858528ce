#include "report/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "report/bounds.h"
#include "report/markdown_text.h"
#include "report/phrases.h"

namespace weir::report {
namespace {

// Room that is kept for what comes after the findings.
constexpr std::size_t kTailBytes = 8192;
constexpr std::size_t kMaxLimitsShown = 20;
constexpr std::size_t kMaxExchangesShown = 8;
constexpr std::size_t kMaxReasonsShown = 5;
constexpr std::size_t kMaxGoneShown = 20;

using Out = std::back_insert_iterator<std::string>;

void write_summary(std::string& page, const scan::Report& report) {
  const std::size_t suppressed = static_cast<std::size_t>(
      std::count_if(report.findings.begin(), report.findings.end(),
                    [](const scan::Finding& finding) { return finding.suppressed.has_value(); }));
  Out out(page);
  fmt::format_to(out, "{}\n## Weir scan: grade {}, score {} of 100\n\n", kMarkdownMarker,
                 report.grade, report.score);
  fmt::format_to(out, "{}\n\n", markdown_prose(headline(report)));
  fmt::format_to(out, "- Target: {}\n- Findings: {}{}\n- Coverage: {}\n",
                 markdown_code(report.target), severities(report.findings),
                 suppressed == 0 ? "" : fmt::format(" ({} of them suppressed)", suppressed),
                 percent(report.coverage));
  if (report.operations) {
    fmt::format_to(out, "- Operations: {} of {} of {} were tested\n", report.operations->tested,
                   report.operations->declared, markdown_code(report.operations->document));
    const std::vector<Reason> reasons = reasons_of(*report.operations);
    for (std::size_t i = 0; i < std::min(reasons.size(), kMaxReasonsShown); ++i) {
      fmt::format_to(out, "  - {} not: {}\n", reasons[i].operations.size(),
                     markdown_prose(reasons[i].why));
    }
  }
  if (report.comparison) {
    fmt::format_to(out, "- Against the baseline: {}\n", comparison_phrase(report));
  }
}

void write_limits(std::string& page, const scan::Report& report) {
  if (report.limits.empty()) return;
  page += "\n### Limits as observed\n\n";
  for (std::size_t i = 0; i < std::min(report.limits.size(), kMaxLimitsShown); ++i) {
    const scan::LimitSummary& limit = report.limits[i];
    fmt::format_to(Out(page), "- {}: {}, {}, fit {}\n", markdown_code(limit.operation),
                   limit_phrase(limit.n, limit.window_s), to_string(limit.kind),
                   percent(limit.fit));
  }
  if (report.limits.size() > kMaxLimitsShown) {
    fmt::format_to(Out(page), "- and {} more\n", report.limits.size() - kMaxLimitsShown);
  }
}

std::string exchanges_of(const scan::Evidence& evidence) {
  std::string lines;
  const std::size_t shown = std::min(evidence.exchanges.size(), kMaxExchangesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const scan::Exchange& exchange = evidence.exchanges[i];
    fmt::format_to(Out(lines), "{:.3f} s  {}{}  {} {}  {}\n", exchange.sent_s,
                   status_phrase(exchange.status), exchange.refused ? " refused" : "",
                   exchange.method, exchange.target,
                   exchange.changed.empty() ? exchange.note : exchange.changed);
  }
  const std::size_t more = evidence.exchanges.size() - shown + evidence.exchanges_left_out;
  if (more != 0) fmt::format_to(Out(lines), "{} more\n", more);
  return lines;
}

std::string finding_of(const scan::Finding& finding) {
  std::string text;
  Out out(text);
  fmt::format_to(out, "\n#### {}{}: {} on {}\n\n{}\n\n", to_string(finding.severity),
                 finding.novelty == scan::Novelty::fresh ? " (new)" : "", markdown_code(finding.id),
                 markdown_code(finding.operation), markdown_prose(finding.title));
  if (finding.suppressed) {
    fmt::format_to(out, "Suppressed until {}: {}\n\n", markdown_code(finding.suppressed->expires),
                   markdown_prose(finding.suppressed->reason));
  }
  for (const scan::Evidence& evidence : finding.evidence) {
    fmt::format_to(out, "- {} ({})\n", markdown_code(evidence.claim),
                   to_string(finding.confidence));
  }
  text += "\n<details><summary>Proof and cure</summary>\n\n";
  for (const scan::Evidence& evidence : finding.evidence) {
    if (!evidence.exchanges.empty()) text += markdown_block(exchanges_of(evidence));
    if (!evidence.curl.empty()) text += "\nReproduce it:\n\n" + markdown_block(evidence.curl);
  }
  const auto labelled = [&out](const char* label, const std::string& words) {
    if (!words.empty()) fmt::format_to(out, "\n**{}.** {}\n", label, markdown_prose(words));
  };
  labelled("Why", finding.why);
  labelled("Mend", finding.remediation);
  labelled("In Django with DynamoDB", finding.remediation_django_dynamodb);
  if (!finding.weir_rule.empty()) {
    text += "\nThe Weir rule that closes it:\n\n" + markdown_block(finding.weir_rule);
  }
  labelled("See", fmt::format("{}", fmt::join(references(finding), ", ")));
  text += "\n</details>\n";
  return text;
}

void write_findings(std::string& page, const scan::Report& report) {
  if (report.findings.empty()) return;
  page += "\n### Findings\n";
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const std::string text = finding_of(report.findings[i]);
    if (page.size() + text.size() + kTailBytes > kMaxMarkdownBytes) {
      fmt::format_to(Out(page), "\n{} more findings do not fit into a comment: see the report.\n",
                     report.findings.size() - i);
      return;
    }
    page += text;
  }
}

void write_gone(std::string& page, const scan::Report& report) {
  if (!report.comparison || report.comparison->gone.empty()) return;
  std::string text = "\n### Gone since the baseline\n\n";
  const auto& gone = report.comparison->gone;
  for (std::size_t i = 0; i < std::min(gone.size(), kMaxGoneShown); ++i) {
    fmt::format_to(Out(text), "- {} on {}: now {}\n", markdown_code(gone[i].id),
                   markdown_code(gone[i].operation),
                   gone[i].now ? verdict_phrase(*gone[i].now) : "not tested");
  }
  if (page.size() + text.size() + kTailBytes <= kMaxMarkdownBytes) page += text;
}

}  // namespace

std::string render_markdown(const scan::Report& report) {
  std::string page;
  write_summary(page, report);
  write_limits(page, report);
  write_gone(page, report);
  write_findings(page, report);
  fmt::format_to(Out(page), "\n{} requests in {}, scan {}, seed {}, weir {}\n",
                 thousands(static_cast<std::uint64_t>(std::max(report.requests, 0))),
                 seconds(report.duration_s), markdown_code(report.scan_id), report.seed,
                 markdown_code(report.tool_version));
  return page;
}

}  // namespace weir::report
