#include "report/html.h"

#include <fmt/format.h>

#include "embedded/kReportCss.h"
#include "report/html_parts.h"
#include "report/html_tree.h"

namespace weir::report {
namespace {

// Whatever a target managed to get into the page, the browser runs nothing and asks nobody.
constexpr const char* kContentPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

void add_head(Element head, const scan::Report& report) {
  head.add("meta", {{"charset", "utf-8"}});
  head.add("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", kContentPolicy}});
  head.add("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  head.add("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  head.add("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
  head.add("title", fmt::format("{} · {} · Weir scan", report.grade, report.target));
  head.add("style").verbatim(embedded::kReportCss);
}

}  // namespace

Element add_section(Element main, const char* id, const char* heading) {
  const std::string heading_id = std::string(id) + "-heading";
  Element section = main.add("section", {{"id", id}, {"aria-labelledby", heading_id}});
  section.add("h2", {{"id", heading_id}}, heading);
  return section;
}

void add_chip(Element parent, const std::string& kind, std::string_view text) {
  parent.add("span", {{"class", "chip " + kind}}, text);
}

Element add_scroller(Element parent, const char* label) {
  return parent.add(
      "div", {{"class", "scroller"}, {"role", "region"}, {"aria-label", label}, {"tabindex", "0"}});
}

std::string render_html(const scan::Report& report) {
  HtmlTree tree("en");
  add_head(tree.head(), report);
  Element body = tree.body();
  body.add("a", {{"class", "skip"}, {"href", "#findings"}}, "Skip to the findings");
  Element main = body.add("main");
  add_summary(main, report);
  add_limits(main, report);
  add_findings(main, report);
  add_checks(main, report);
  add_operations(main, report);
  add_score(main, report);
  add_notes(main, report);
  body.add("footer").add(
      "p", fmt::format("Weir {} · {} · seed {} · Every request in this report was really sent; "
                       "credentials were taken out. This file loads nothing and runs no script.",
                       report.tool_version, report.schema, report.seed));
  return tree.serialised();
}

}  // namespace weir::report
