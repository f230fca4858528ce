#include "report/occupancy.h"

#include <algorithm>
#include <set>

namespace weir::report {

std::vector<Outcome> outcomes(const scan::Timeline& timeline) {
  std::set<int> admitted;
  for (const scan::TimelinePoint& point : timeline.points) {
    if (point.phase != timeline.points[0].phase) continue;
    if (!point.refused && point.status != 0) admitted.insert(point.status);
  }
  std::vector<Outcome> result;
  result.reserve(timeline.points.size());
  for (const scan::TimelinePoint& point : timeline.points) {
    result.push_back(point.refused                       ? Outcome::refused
                     : admitted.count(point.status) != 0 ? Outcome::admitted
                                                         : Outcome::other);
  }
  return result;
}

Occupancy occupancy(const scan::Timeline& timeline) {
  Occupancy result;
  if (!timeline.window_s || *timeline.window_s <= 0) return result;
  const double window =
      *timeline.window_s - std::min(*timeline.window_s * kSlackShare, kMaxSlackSeconds);

  std::vector<double> admitted;
  const std::vector<Outcome> each = outcomes(timeline);
  for (std::size_t i = 0; i < each.size(); ++i) {
    if (each[i] == Outcome::admitted) admitted.push_back(timeline.points[i].t_s);
  }
  std::sort(admitted.begin(), admitted.end());

  // Two walks over the same times: one where they enter the window, one where they leave it.
  std::size_t entered = 0;
  std::size_t left = 0;
  while (left < admitted.size()) {
    const bool enters = entered < admitted.size() && admitted[entered] < admitted[left] + window;
    const double now = enters ? admitted[entered++] : admitted[left++] + window;
    const std::size_t inside = entered - left;
    result.steps.push_back({now, inside});
    if (inside > result.peak) {
      result.peak = inside;
      result.peak_s = now;
    }
  }
  return result;
}

}  // namespace weir::report
