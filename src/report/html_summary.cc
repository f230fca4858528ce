#include <fmt/format.h>

#include <algorithm>

#include "report/html_parts.h"
#include "report/phrases.h"

namespace weir::report {
namespace {

const char* tone_of(char grade) {
  if (grade == 'A' || grade == 'B') return "good";
  return grade == 'C' || grade == 'D' ? "doubt" : "bad";
}

void add_ring(Element parent, const scan::Report& report) {
  Element svg = parent.add(
      "svg",
      {{"class", fmt::format("ring {}", tone_of(report.grade))},
       {"viewBox", "0 0 160 160"},
       {"role", "img"},
       {"aria-label", fmt::format("Grade {}, score {} of 100", report.grade, report.score)}});
  svg.add("circle", {{"class", "track"}, {"cx", "80"}, {"cy", "80"}, {"r", "70"}});
  if (report.score > 0) {
    svg.add("circle", {{"class", "arc"},
                       {"cx", "80"},
                       {"cy", "80"},
                       {"r", "70"},
                       {"pathLength", "100"},
                       {"stroke-dasharray", fmt::format("{} 100", report.score)},
                       {"transform", "rotate(-90 80 80)"}});
  }
  svg.add("text", {{"class", "letter"}, {"x", "80"}, {"y", "92"}}, std::string(1, report.grade));
  svg.add("text", {{"class", "points"}, {"x", "80"}, {"y", "122"}},
          fmt::format("{} / 100", report.score));
}

void add_meter(Element parent, const std::string& label, const std::string& value, int percent,
               const char* tone) {
  Element meter = parent.add("div", {{"class", "meter"}});
  meter.add("span", {{"class", "meter-label"}}, label);
  meter.add("span", {{"class", "meter-value"}}, value);
  Element svg = meter.add("svg", {{"class", fmt::format("bar {}", tone)},
                                  {"viewBox", "0 0 100 4"},
                                  {"preserveAspectRatio", "none"},
                                  {"aria-hidden", "true"}});
  svg.add("rect", {{"class", "track"}, {"width", "100"}, {"height", "4"}});
  svg.add("rect", {{"class", "arc"}, {"width", std::to_string(percent)}, {"height", "4"}});
}

const char* tone_of_score(int score) {
  if (score >= 80) return "good";
  return score >= 60 ? "doubt" : "bad";
}

void add_finding_links(Element parent, const scan::Report& report) {
  Element list = parent.add("ol", {{"class", "toc"}, {"aria-label", "Findings"}});
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const scan::Finding& finding = report.findings[i];
    Element link = list.add("li").add("a", {{"href", fmt::format("#finding-{}", i + 1)}});
    add_chip(link, to_string(finding.severity), to_string(finding.severity));
    link.add("span", {{"class", "toc-title"}}, finding.title);
  }
}

}  // namespace

void add_summary(Element main, const scan::Report& report) {
  Element header = main.add("header", {{"class", "summary"}});
  Element brand = header.add("p", {{"class", "brand"}});
  brand.add("b", "Weir");
  brand.text(" scan report");
  header.add("h1", report.target);
  Element facts = header.add("p", {{"class", "facts"}});
  if (!report.started_at.empty()) facts.add("time", report.started_at);
  facts.add("span", seconds(report.duration_s));
  facts.add("span",
            thousands(static_cast<std::uint64_t>(std::max(report.requests, 0))) + " requests");

  Element verdict = header.add("div", {{"class", "verdict"}});
  add_ring(verdict, report);
  Element words = verdict.add("div", {{"class", "words"}});
  words.add("p", {{"class", "headline"}}, headline(report));
  if (!report.findings.empty()) {
    words.add("p", {{"class", "tally"}}, "Findings: " + severities(report.findings));
  }
  if (report.comparison) {
    words.add("p", {{"class", "tally"}},
              fmt::format("Against the baseline of {}: {}", report.comparison->started_at,
                          comparison_phrase(report)));
  }
  Element meters = words.add("div", {{"class", "meters"}});
  add_meter(meters, "Coverage", percent(report.coverage), static_cast<int>(report.coverage * 100),
            "plain");
  for (const auto& [category, score] : report.categories) {
    add_meter(meters, category, std::to_string(score), score, tone_of_score(score));
  }
  if (!report.findings.empty()) add_finding_links(header, report);
}

}  // namespace weir::report
