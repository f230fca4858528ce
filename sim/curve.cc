#include "sim/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/world.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWindow = 60s;
constexpr int kSlots = 60;

// Ordinary conditions: clocks that NTP keeps, a store that answers in milliseconds.
Scenario ordinary(int nodes, int keys, std::int64_t n) {
  Scenario scenario;
  scenario.nodes = nodes;
  scenario.rules = {{Algorithm::exact_window, keys, {{n, kWindow, 1}}}};
  scenario.actors = keys;
  scenario.clock_error = 50ms;
  scenario.budget = 250ms;
  scenario.latency = 3ms;
  scenario.remembers = 32'768;
  scenario.is_steady = true;
  scenario.is_judged = false;
  return scenario;
}

CurvePoint measure(const Scenario& scenario, std::int64_t demand) {
  const Outcome outcome = run(scenario);
  CurvePoint point;
  point.nodes = scenario.nodes;
  point.keys = scenario.rules[0].keys;
  point.n = scenario.rules[0].versions[0].n;
  point.demand = demand;
  point.decisions = outcome.decisions;
  point.admitted = outcome.admitted;
  point.refused = outcome.refused;
  point.writes = outcome.writes;
  point.slots = static_cast<double>(outcome.lasted.count()) /
                static_cast<double>(Duration(kWindow).count()) * kSlots;
  if (point.keys == 1 && outcome.times_full > 1) {
    point.share = static_cast<double>(Duration(kWindow).count()) *
                  static_cast<double>(outcome.times_full - 1) /
                  static_cast<double>(outcome.between_full.count());
  }
  point.item_bytes = outcome.largest_item;
  return point;
}

}  // namespace

double CurvePoint::writes_per_thousand() const {
  return 1000.0 * static_cast<double>(writes) /
         static_cast<double>(std::max<std::uint64_t>(admitted, 1));
}

double CurvePoint::extra_writes_per_node_and_slot() const {
  const double extra = static_cast<double>(writes) - static_cast<double>(admitted);
  return std::max(extra, 0.0) / (nodes * slots);
}

std::vector<CurvePoint> curve_over_nodes() {
  constexpr std::int64_t kN = 1000;
  constexpr std::int64_t kDemand = 10;
  constexpr int kWindows = 12;
  constexpr int kBurst = 10;
  std::vector<CurvePoint> points;
  for (const int nodes : {1, 4, 16, 64, 256, 1000}) {
    Scenario scenario = ordinary(nodes, 1, kN);
    scenario.max_burst = kBurst;
    scenario.arrivals = kN * kDemand * kWindows / kBurst;
    scenario.mean_gap = kWindow * kWindows / scenario.arrivals;
    points.push_back(measure(scenario, kDemand));
  }
  return points;
}

std::vector<CurvePoint> curve_over_keys(int most_keys) {
  std::vector<CurvePoint> points;
  for (int keys = 10'000; keys <= most_keys; keys *= 10) {
    Scenario scenario = ordinary(4, keys, 10);
    scenario.arrivals = 3 * static_cast<std::uint32_t>(keys);
    scenario.mean_gap = 3 * kWindow / scenario.arrivals;
    points.push_back(measure(scenario, 0));
  }
  return points;
}

std::string markdown_table(const std::vector<CurvePoint>& points) {
  std::string text =
      "| nodes | keys | N in 60 s | decisions | admitted | writes per 1,000 admitted | other "
      "writes "
      "per node and slot | usable share of N | largest item |\n"
      "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const CurvePoint& point : points) {
    text +=
        fmt::format("| {} | {} | {} | {} | {} | {:.0f} | {:.2f} | {} | {} B |\n", point.nodes,
                    point.keys, point.n, point.decisions, point.admitted,
                    point.writes_per_thousand(), point.extra_writes_per_node_and_slot(),
                    point.share == 0 ? std::string() : fmt::format("{:.1f} %", 100 * point.share),
                    point.item_bytes);
  }
  return text;
}

std::string svg(const std::vector<CurvePoint>& points) {
  constexpr double kWidth = 640, kHeight = 300, kLeft = 60, kRight = 60, kTop = 30, kBottom = 45;
  double most = 1000;
  for (const CurvePoint& point : points) most = std::max(most, point.writes_per_thousand());
  most = std::ceil(most / 1000) * 1000;
  const double widest = std::log(static_cast<double>(std::max(points.back().nodes, 2)));
  const auto x = [&](int nodes) {
    return kLeft + (kWidth - kLeft - kRight) * std::log(static_cast<double>(nodes)) / widest;
  };
  const auto y = [&](double part) { return kHeight - kBottom - (kHeight - kTop - kBottom) * part; };
  const auto line = [&](const char* name, const auto& part) {
    std::string path;
    for (const CurvePoint& point : points)
      path +=
          fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x(point.nodes), y(part(point)));
    std::string text = fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", name, path);
    for (const CurvePoint& point : points) {
      text += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", name,
                          x(point.nodes), y(part(point)));
    }
    return text;
  };
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" "
      "role=\"img\">\n<title>Write units per 1,000 admissions, and usable share of N, over the "
      "number "
      "of nodes</title>\n<style>text{{font:12px sans-serif;fill:#555}}polyline{{fill:none;"
      "stroke-width:2}}.writes{{stroke:#b5482a;fill:#b5482a}}polyline.writes{{fill:none}}"
      ".share{{stroke:#2a6fb5;fill:#2a6fb5}}polyline.share{{fill:none}}text.writes,text.share"
      "{{stroke:none}}.axis{{stroke:#999}}</style>\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"#fff\"/>\n",
      kWidth, kHeight);
  for (int quarter = 0; quarter <= 4; ++quarter) {
    const double part = quarter / 4.0;
    text += fmt::format(
        "<line class=\"axis\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" "
        "stroke-opacity=\"{3}\"/>\n<text class=\"writes\" x=\"{4}\" y=\"{5:.1f}\" "
        "text-anchor=\"end\">{6:.0f}</text>\n<text class=\"share\" x=\"{7}\" "
        "y=\"{5:.1f}\">{8} %</text>\n",
        kLeft, kWidth - kRight, y(part), quarter == 0 ? "1" : "0.3", kLeft - 8, y(part) + 4,
        most * part, kWidth - kRight + 8, 25 * quarter);
  }
  for (const CurvePoint& point : points) {
    text += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                        x(point.nodes), kHeight - kBottom + 18, point.nodes);
  }
  text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">nodes</text>\n", kWidth / 2,
                      kHeight - 8);
  text += fmt::format(
      "<text class=\"writes\" x=\"{}\" y=\"18\">write units per 1,000 admissions</text>\n"
      "<text class=\"share\" x=\"{}\" y=\"18\" text-anchor=\"end\">usable share of N</text>\n",
      8, kWidth - 8);
  text +=
      line("writes", [&](const CurvePoint& point) { return point.writes_per_thousand() / most; });
  text += line("share", [](const CurvePoint& point) { return std::min(point.share, 1.0); });
  return text + "</svg>\n";
}

}  // namespace weir::sim
