#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/phrases.h"

namespace weir::report {
namespace {

void add_exchange(Element rows, const scan::Exchange& exchange) {
  Element row = rows.add("tr", {{"class", exchange.refused ? "refused" : "served"}});
  row.add("td", {{"class", "number"}}, fmt::format("{:.3f} s", exchange.sent_s));
  Element status = row.add("td");
  add_chip(status, exchange.refused ? "no" : "yes", status_phrase(exchange.status));
  row.add("td", {{"class", "mono"}}, exchange.method + " " + exchange.target);
  const bool is_same = exchange.changed.empty();
  row.add("td", {{"class", is_same ? "mono same" : "mono"}}, is_same ? "–" : exchange.changed);
  row.add("td", exchange.note);
}

void add_exchanges(Element card, const scan::Evidence& evidence) {
  if (evidence.exchanges.empty()) return;
  const std::size_t count = evidence.exchanges.size() + evidence.exchanges_left_out;
  card.add("h4", count == 1 ? "The request" : fmt::format("The {} requests", thousands(count)));
  Element table =
      add_scroller(card, "Requests that prove it").add("table", {{"class", "exchanges"}});
  Element heads = table.add("thead").add("tr");
  for (const char* name : {"Sent", "Answer", "Request", "Changed", "Part"}) {
    heads.add("th", {{"scope", "col"}}, name);
  }
  Element rows = table.add("tbody");
  const std::size_t gap = evidence.exchanges.size() / 2;
  for (std::size_t i = 0; i < evidence.exchanges.size(); ++i) {
    if (i == gap && evidence.exchanges_left_out != 0) {
      rows.add("tr", {{"class", "gap"}})
          .add("td", {{"colspan", "5"}}, fmt::format("{} more", evidence.exchanges_left_out));
    }
    add_exchange(rows, evidence.exchanges[i]);
  }
}

void add_evidence(Element card, const scan::Evidence& evidence) {
  Element claim = card.add("p", {{"class", "claim"}}, evidence.claim);
  if (evidence.rounds > 1) {
    claim.text(" ");
    claim.add("span", {{"class", "rounds"}}, fmt::format("repeated {} times", evidence.rounds));
  }
  add_exchanges(card, evidence);
  if (!evidence.curl.empty()) {
    card.add("h4", "Reproduce it");
    card.add("pre", {{"class", "command"}}).add("code", {}, evidence.curl, Lines::keep);
  }
}

void add_prose(Element parent, const char* heading, const std::string& text) {
  if (text.empty()) return;
  Element part = parent.add("div");
  part.add("h4", heading);
  part.add("p", text);
}

void add_finding(Element section, const scan::Finding& finding, std::size_t number) {
  const std::string id = fmt::format("finding-{}", number);
  const std::string severity = to_string(finding.severity);
  Element card = section.add(
      "article",
      {{"class", "card finding " + severity}, {"id", id}, {"aria-labelledby", id + "-title"}});
  Element labels = card.add("p", {{"class", "labels"}});
  add_chip(labels, severity, severity);
  labels.add("code", {{"class", "id"}}, finding.id);
  labels.add("span", {{"class", "mono"}}, finding.operation);
  labels.add("span", {{"class", "confidence"}}, to_string(finding.confidence));
  card.add("h3", {{"id", id + "-title"}}, finding.title);
  const std::string standing = standing_phrase(finding);
  if (!standing.empty()) card.add("p", {{"class", "standing"}}, standing);
  for (const scan::Evidence& evidence : finding.evidence) add_evidence(card, evidence);
  add_prose(card, "Why it matters", finding.why);

  Element cure = card.add("div", {{"class", "cure"}});
  add_prose(cure, "How to mend it", finding.remediation);
  add_prose(cure, "In Django with DynamoDB", finding.remediation_django_dynamodb);
  if (!finding.weir_rule.empty()) {
    Element rule = cure.add("div", {{"class", "rule"}});
    rule.add("h4", "The Weir rule that closes it");
    rule.add("pre").add("code", {}, finding.weir_rule, Lines::keep);
  }
  Element see = card.add("p", {{"class", "references"}});
  for (const std::string& reference : references(finding)) add_chip(see, "reference", reference);
}

}  // namespace

void add_findings(Element main, const scan::Report& report) {
  Element section = add_section(main, "findings", "Findings");
  if (report.findings.empty()) {
    Element card = section.add("div", {{"class", "card nothing"}});
    card.add("p", {{"class", "big"}}, "Nothing found");
    card.add("p", headline(report) + " What each of them tried is below.");
    return;
  }
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    add_finding(section, report.findings[i], i + 1);
  }
}

}  // namespace weir::report
