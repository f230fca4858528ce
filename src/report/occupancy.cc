#include "report/occupancy.h"

#include <algorithm>

namespace weir::report {

Occupancy occupancy(const scan::Timeline& timeline) {
  Occupancy result;
  if (!timeline.window_s || *timeline.window_s <= 0) return result;
  const double window =
      *timeline.window_s - std::min(*timeline.window_s * kSlackShare, kMaxSlackSeconds);

  std::vector<double> admitted;
  for (const scan::TimelinePoint& point : timeline.points) {
    if (!point.refused && point.status != 0) admitted.push_back(point.t_s);
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
