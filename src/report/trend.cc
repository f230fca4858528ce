#include "report/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "report/baseline.h"
#include "report/bounded.h"
#include "report/phrases.h"
#include "report/text_page.h"

namespace weir::report {
namespace {

namespace json = boost::json;

TrendPoint point_of(const scan::Report& report, const scan::Report* before) {
  TrendPoint point;
  point.scan_id = report.scan_id;
  point.started_at = report.started_at;
  point.score = report.score;
  point.grade = report.grade;
  point.coverage = report.coverage;
  if (before == nullptr) return point;
  scan::Report now = report;
  compare(now, *before);
  point.change = report.score - before->score;
  for (const scan::Finding& finding : now.findings) {
    if (finding.novelty == scan::Novelty::fresh) {
      point.fresh.push_back({finding.id, finding.operation});
    }
  }
  for (const scan::GoneFinding& gone : now.comparison->gone) {
    if (gone.now) point.gone.push_back({gone.id, gone.operation});
  }
  return point;
}

std::string changes_of(const TrendPoint& point) {
  std::string words;
  const auto add = [&words](const char* sign, const TrendChange& change) {
    words +=
        fmt::format("{}{} {} {}", words.empty() ? "" : "; ", sign, change.id, change.operation);
  };
  for (const TrendChange& change : point.fresh) add("+", change);
  for (const TrendChange& change : point.gone) add("-", change);
  return words;
}

json::array to_json(const std::vector<TrendChange>& changes) {
  json::array all;
  for (const TrendChange& change : changes) {
    all.push_back({{"id", change.id}, {"operation", change.operation}});
  }
  return all;
}

}  // namespace

std::vector<Trend> trends_of(const std::vector<scan::Report>& reports) {
  std::vector<Trend> trends;
  std::map<std::string, scan::Report> last;
  for (const scan::Report& whole : reports) {
    const scan::Report report = bounded(whole);
    const auto before = last.find(report.target);
    auto trend = std::find_if(trends.begin(), trends.end(), [&report](const Trend& each) {
      return each.target == report.target;
    });
    if (trend == trends.end()) trend = trends.insert(trends.end(), {report.target, {}});
    trend->points.push_back(point_of(report, before == last.end() ? nullptr : &before->second));
    last.insert_or_assign(report.target, report);
  }
  return trends;
}

std::string render_trends(const std::vector<Trend>& trends, bool colour, int width) {
  TextPage page(colour, static_cast<std::size_t>(std::clamp(width, 40, 200)));
  for (const Trend& trend : trends) {
    page.line({{trend.target, fmt::emphasis::bold}});
    std::vector<Row> rows;
    for (std::size_t i = 0; i < trend.points.size(); ++i) {
      const TrendPoint& point = trend.points[i];
      rows.push_back({{point.started_at},
                      {fmt::format("{} {}", point.grade, point.score)},
                      {i == 0 ? "" : fmt::format("{:+}", point.change)},
                      {"coverage " + percent(point.coverage)},
                      {changes_of(point)}});
    }
    page.table(rows, 2);
  }
  return std::move(page).take();
}

std::string render_trends_json(const std::vector<Trend>& trends) {
  json::array all;
  for (const Trend& trend : trends) {
    json::array points;
    for (const TrendPoint& point : trend.points) {
      points.push_back({{"scan_id", point.scan_id},
                        {"started_at", point.started_at},
                        {"score", point.score},
                        {"change", point.change},
                        {"grade", std::string(1, point.grade)},
                        {"coverage", point.coverage},
                        {"new", to_json(point.fresh)},
                        {"gone", to_json(point.gone)}});
    }
    all.push_back({{"target", trend.target}, {"scans", std::move(points)}});
  }
  return json::serialize(json::object{{"schema", "weir-trend/1"}, {"targets", std::move(all)}}) +
         "\n";
}

}  // namespace weir::report
