#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/phrases.h"

namespace weir::report {
namespace {

struct VerdictLook {
  scan::CheckVerdict verdict;
  const char* kind;  // class of its chip
  const char* sign;
};

// The worst first: the table is in this order.
constexpr VerdictLook kVerdicts[] = {
    {scan::CheckVerdict::vulnerable, "bad", "✗"},
    {scan::CheckVerdict::inconclusive, "doubt", "?"},
    {scan::CheckVerdict::protected_, "good", "✓"},
    {scan::CheckVerdict::not_applicable, "none", "–"},
};

void add_check(Element rows, const scan::CheckResult& check, const VerdictLook& look) {
  Element row = rows.add("tr");
  Element verdict = row.add("td").add("span", {{"class", fmt::format("chip {}", look.kind)}});
  verdict.add("span", {{"aria-hidden", "true"}, {"class", "sign"}}, look.sign);
  verdict.text(verdict_phrase(check.verdict));
  row.add("td", {{"class", "mono name"}}, check.id);
  row.add("td", {{"class", "mono"}}, check.operation);
  row.add("td", {{"class", "detail"}}, check.detail);
  row.add("td", {{"class", "number"}}, std::to_string(check.requests));
}

void add_line(Element rows, const std::string& left, const std::string& what,
              const std::string& right) {
  Element row = rows.add("tr");
  row.add("td", {{"class", "number"}}, left);
  row.add("td", what);
  row.add("td", {{"class", "number"}}, right);
}

}  // namespace

void add_checks(Element main, const scan::Report& report) {
  if (report.checks.empty()) return;
  Element section = add_section(main, "checks", "What was tried");
  Element table = add_scroller(section.add("div", {{"class", "card flush"}}), "Checks")
                      .add("table", {{"class", "checks"}});
  Element heads = table.add("thead").add("tr");
  for (const char* name : {"Verdict", "Check", "Operation", "What it rests on", "Requests"}) {
    heads.add("th", {{"scope", "col"}}, name);
  }
  Element rows = table.add("tbody");
  for (const VerdictLook& look : kVerdicts) {
    for (const scan::CheckResult& check : report.checks) {
      if (check.verdict == look.verdict) add_check(rows, check, look);
    }
  }
}

void add_operations(Element main, const scan::Report& report) {
  if (!report.operations) return;
  Element section = add_section(main, "operations", "Operations of the document");
  Element list = section.add("ul", {{"class", "card notes"}});
  list.add("li", coverage_phrase(report));
  for (const Reason& reason : reasons_of(*report.operations)) {
    list.add("li", fmt::format("{} not: {} ({})", reason.operations.size(), reason.why,
                               names_phrase(reason.operations)));
  }
}

void add_score(Element main, const scan::Report& report) {
  Element section = add_section(main, "score", "How the score came about");
  Element card = section.add("div", {{"class", "card"}});
  card.add("p",
           "The score starts at 100. Each finding takes a share of what is left, by its severity "
           "and by how sure it is. Coverage stands beside it: the share of the checks that apply "
           "here and could be decided.");
  Element rows = card.add("table", {{"class", "steps"}}).add("tbody");
  double left = 100;
  add_line(rows, "", "to begin with", "100");
  for (const scan::ScoreStep& step : report.score_steps) {
    left *= step.factor;
    add_line(rows, fmt::format("× {:.3g}", step.factor), step.what, fmt::format("{:.1f}", left));
  }
  Element total = rows.add("tr", {{"class", "total"}});
  total.add("td");
  total.add("td", fmt::format("score, grade {}", report.grade));
  total.add("td", {{"class", "number"}}, std::to_string(report.score));
}

void add_notes(Element main, const scan::Report& report) {
  if (report.notes.empty()) return;
  Element section = add_section(main, "notes", "Notes");
  Element list = section.add("ul", {{"class", "card notes"}});
  for (const std::string& note : report.notes) list.add("li", note);
}

}  // namespace weir::report
