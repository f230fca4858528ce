#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/occupancy.h"
#include "report/phrases.h"
#include "report/timeline_svg.h"

namespace weir::report {
namespace {

void add_fact(Element list, const char* name, const std::string& value) {
  if (value.empty()) return;
  Element pair = list.add("div");
  pair.add("dt", name);
  pair.add("dd", value);
}

void add_limit(Element section, const scan::LimitSummary& limit) {
  Element card = section.add("article", {{"class", "card limit-card"}});
  card.add("h3", {{"class", "mono"}}, limit.operation);
  card.add("p", {{"class", "big"}}, limit_phrase(limit.n, limit.window_s));
  Element facts = card.add("dl");
  add_fact(facts, "Kind", to_string(limit.kind));
  add_fact(facts, "Explains", percent(limit.fit) + " of what was observed");
  add_fact(facts, "Refuses with", limit.refusal);
  add_fact(facts, "Remark", limit.detail);
}

std::string caption_of(const scan::Timeline& timeline, const Occupancy& occupancy) {
  if (occupancy.steps.empty() || !timeline.n) {
    return "Every request of the scan: when it was sent, and whether it was admitted.";
  }
  const bool is_over = static_cast<std::int64_t>(occupancy.peak) > *timeline.n;
  return fmt::format(
      "Every request of the scan, and how many had been admitted within the last {}. {} "
      "Windows are counted {:.0f} % short, for the network.",
      seconds(*timeline.window_s),
      is_over ? fmt::format("Where the curve is above the line, the limit of {} was broken: up to "
                            "{} were admitted.",
                            *timeline.n, occupancy.peak)
              : fmt::format("It never rises above the limit of {}.", *timeline.n),
      kSlackShare * 100);
}

void add_key(Element figure) {
  Element key = figure.add("p", {{"class", "key"}, {"aria-hidden", "true"}});
  const auto entry = [&key](const char* mark, const char* text) {
    Element item = key.add("span");
    Element svg = item.add("svg", {{"class", "timeline"}, {"viewBox", "0 0 14 12"}});
    const bool is_dot = std::string_view(mark) != "refused";
    svg.add("path", {{"class", mark}, {"d", is_dot ? "M7 6h0" : "M7 2v8"}});
    item.text(text);
  };
  entry("admitted", "admitted");
  entry("refused", "refused");
  entry("other", "answered otherwise, such as 401 or 404");
}

void add_timeline(Element section, const scan::Timeline& timeline, std::size_t number) {
  Element figure = section.add("figure", {{"class", "card"}});
  Element caption = figure.add("figcaption");
  caption.add("b", {{"class", "mono"}}, timeline.operation);
  if (timeline.points.empty()) {
    caption.add("p", "No request was recorded.");
    return;
  }
  const Occupancy full = occupancy(timeline);
  caption.add("p", caption_of(timeline, full));
  add_key(figure);
  const std::string id = fmt::format("timeline-{}", number);
  draw_timeline(figure, timeline, full, PictureSize::wide, id + "-wide");
  draw_timeline(figure, timeline, full, PictureSize::narrow, id + "-narrow");
}

}  // namespace

void add_limits(Element main, const scan::Report& report) {
  if (report.limits.empty() && report.timelines.empty()) return;
  Element section = add_section(main, "limits", "The limit, as observed");
  for (const scan::LimitSummary& limit : report.limits) add_limit(section, limit);
  for (std::size_t i = 0; i < report.timelines.size(); ++i) {
    add_timeline(section, report.timelines[i], i + 1);
  }
}

}  // namespace weir::report
