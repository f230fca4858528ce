// How the score of a target went from scan to scan, and what changed each time.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "scan/model.h"

namespace weir::report {

struct TrendChange {
  std::string id;
  std::string operation;
};

struct TrendPoint {
  std::string scan_id;
  std::string started_at;
  int score = 0;
  int change = 0;  // against the point before
  char grade = 'F';
  double coverage = 0;
  std::vector<TrendChange> fresh;
  std::vector<TrendChange> gone;  // whose check ran and found nothing any more
};

struct Trend {
  std::string target;
  std::vector<TrendPoint> points;  // the oldest first
};

// `reports` are in the order of time; one trend a target, in the order of their first scans.
std::vector<Trend> trends_of(const std::vector<scan::Report>& reports);

std::string render_trends(const std::vector<Trend>& trends, bool colour, int width);
std::string render_trends_json(const std::vector<Trend>& trends);

}  // namespace weir::report
