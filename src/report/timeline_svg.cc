#include "report/timeline_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "report/bounds.h"
#include "report/phrases.h"

namespace weir::report {
namespace {

// All lengths in CSS pixels.
struct Layout {
  int width;
  int left;      // of the plot: room for labels beside it
  int right;     // of the plot: room for the line's label
  int row;       // height of a phase's row
  int label_dy;  // of a phase's label above its row's dots; 0: beside it
  int panel;     // height of the lower panel
  int ticks;     // how many on the time axis, about
  std::size_t label_columns;
};

constexpr Layout kWide{960, 208, 56, 36, 0, 148, 9, 28};
constexpr Layout kNarrow{336, 30, 8, 44, 18, 120, 4, 22};
constexpr int kTop = 8;
constexpr int kGap = 22;
constexpr int kAxis = 26;

// The requests of one outcome in a row.
struct Marks {
  std::size_t count = 0;
  std::vector<bool> at;  // by pixel column
};

struct Row {
  std::string phase;
  Marks admitted;
  Marks refused;
  Marks other;

  Marks& of(Outcome outcome) {
    if (outcome == Outcome::other) return other;
    return outcome == Outcome::admitted ? admitted : refused;
  }
};

std::string shortened(const std::string& label, std::size_t max_columns) {
  std::string shown = visible(label);
  if (columns(shown) <= max_columns) return shown;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < shown.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(shown[end]) & 0xC0U) != 0x80U;
    if (begins && ++seen == max_columns) break;
  }
  return shown.substr(0, end) + "…";
}

// 1, 2 or 5 times a power of ten: the step between the marks of an axis.
double round_step(double range, int about) {
  const double rough = range / about;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

class Picture {
 public:
  Picture(const scan::Timeline& timeline, const Occupancy& occupancy, const Layout& layout)
      : timeline_(timeline),
        occupancy_(occupancy),
        layout_(layout),
        plot_(layout.width - layout.left - layout.right) {
    const auto [first, last] =
        std::minmax_element(timeline.points.begin(), timeline.points.end(),
                            [](const auto& a, const auto& b) { return a.t_s < b.t_s; });
    start_ = first->t_s;
    range_ = last->t_s - first->t_s;
    if (!(range_ > 1e-3) || !std::isfinite(range_)) range_ = 1;
    collect_rows();
  }

  void draw(Element parent, const char* shown_class, const std::string& id) {
    const bool has_panel = !occupancy_.steps.empty();
    const int rows_end = kTop + layout_.row * static_cast<int>(rows_.size());
    const int panel_top = rows_end + kGap;
    const int plot_end = has_panel ? panel_top + layout_.panel : rows_end;
    const int height = plot_end + kAxis;

    Element svg = parent.add("svg", {{"class", fmt::format("timeline {}", shown_class)},
                                     {"viewBox", fmt::format("0 0 {} {}", layout_.width, height)},
                                     {"role", "img"},
                                     {"aria-labelledby", id + "-title"}});
    svg.add("title", {{"id", id + "-title"}}, spoken());
    draw_axis(svg, plot_end);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      draw_row(svg, rows_[i], kTop + layout_.row * static_cast<int>(i));
    }
    if (has_panel) draw_panel(svg, panel_top);
  }

 private:
  int column_of(double t_s) const {
    const double share = (t_s - start_) / range_;
    return static_cast<int>(std::clamp(share, 0.0, 1.0) * (plot_ - 1));
  }

  void collect_rows() {
    const std::vector<Outcome> each = outcomes(timeline_);
    for (std::size_t i = 0; i < each.size(); ++i) {
      Marks& marks = row_of(timeline_.points[i].phase).of(each[i]);
      marks.at.resize(static_cast<std::size_t>(plot_));
      marks.at[static_cast<std::size_t>(column_of(timeline_.points[i].t_s))] = true;
      marks.count += 1;
    }
  }

  Row& row_of(const std::string& phase) {
    const auto known = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const Row& each) { return each.phase == phase; });
    if (known != rows_.end()) return *known;
    if (rows_.size() < kMaxPhases) {
      rows_.push_back({phase, {}, {}, {}});
    } else {
      rows_.back().phase = "others";
    }
    return rows_.back();
  }

  std::string spoken() const {
    std::size_t admitted = 0;
    for (const Row& row : rows_) admitted += row.admitted.count;
    std::string text = fmt::format("Requests against time: {} admitted, {} not.", admitted,
                                   timeline_.points.size() - admitted);
    if (!occupancy_.steps.empty() && timeline_.n) {
      text += fmt::format(" At most {} were admitted within {}, where {} are allowed.",
                          occupancy_.peak, seconds(*timeline_.window_s), *timeline_.n);
    }
    return text;
  }

  void draw_text(Element svg, const char* text_class, double x, double y, const std::string& text) {
    svg.add(
        "text",
        {{"class", text_class}, {"x", fmt::format("{:.0f}", x)}, {"y", fmt::format("{:.0f}", y)}},
        text);
  }

  void draw_line(Element svg, const char* line_class, int x1, int y1, int x2, int y2) {
    svg.add("path", {{"class", line_class}, {"d", fmt::format("M{} {}L{} {}", x1, y1, x2, y2)}});
  }

  void draw_axis(Element svg, int bottom) {
    const double step = round_step(range_, layout_.ticks);
    for (int i = 0; i <= 2 * layout_.ticks + 2; ++i) {
      const double offset = step * i;
      if (offset > range_ * 1.0001) break;
      const int x = layout_.left + static_cast<int>(offset / range_ * (plot_ - 1));
      draw_line(svg, "grid", x, kTop, x, bottom);
      draw_text(svg, "tick", x, bottom + 17, seconds_short(offset, step));
    }
  }

  static std::string seconds_short(double value, double step) {
    if (step >= 60) return seconds(value);
    const int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
    return fmt::format("{:.{}f} s", value, std::clamp(digits, 0, 6));
  }

  void draw_row(Element svg, const Row& row, int top) {
    const int y = top + layout_.row / 2 + layout_.label_dy / 2;
    std::string counts =
        fmt::format("{} admitted · {} refused", row.admitted.count, row.refused.count);
    if (row.other.count != 0) counts += fmt::format(" · {} other", row.other.count);
    const std::string phase = shortened(row.phase, layout_.label_columns);
    if (layout_.label_dy == 0) {
      draw_text(svg, "phase", 0, y - 2, phase);
      draw_text(svg, "count", 0, y + 12, counts);
    } else {
      Element text =
          svg.add("text", {{"class", "phase"}, {"x", "0"}, {"y", std::to_string(y - 12)}});
      text.text(phase);
      text.add("tspan", {{"class", "count"}, {"dx", "8"}}, counts);
    }
    draw_line(svg, "rail", layout_.left, y, layout_.left + plot_, y);
    draw_marks(svg, "other", row.other.at, "M{} {}h0", y);
    draw_marks(svg, "refused", row.refused.at, "M{} {}v8", y - 4);
    draw_marks(svg, "admitted", row.admitted.at, "M{} {}h0", y);
  }

  void draw_marks(Element svg, const char* mark_class, const std::vector<bool>& at,
                  fmt::format_string<int&, int&> mark, int y) {
    std::string path;
    for (std::size_t column = 0; column < at.size(); ++column) {
      if (!at[column]) continue;
      int x = layout_.left + static_cast<int>(column);
      fmt::format_to(std::back_inserter(path), mark, x, y);
    }
    if (!path.empty()) svg.add("path", {{"class", mark_class}, {"d", path}});
  }

  // The highest count that each pixel column saw.
  std::vector<std::size_t> count_by_column() const {
    std::vector<std::size_t> counts(static_cast<std::size_t>(plot_), 0);
    std::size_t current = 0;
    std::size_t next = 0;
    for (int column = 0; column < plot_; ++column) {
      std::size_t highest = current;
      for (; next < occupancy_.steps.size() && column_of(occupancy_.steps[next].from_s) <= column;
           ++next) {
        // What happens after the last request is not part of the picture.
        if (occupancy_.steps[next].from_s > start_ + range_) break;
        current = occupancy_.steps[next].admitted;
        highest = std::max(highest, current);
      }
      counts[static_cast<std::size_t>(column)] = highest;
    }
    return counts;
  }

  void draw_panel(Element svg, int top) {
    const std::vector<std::size_t> counts = count_by_column();
    const auto limit = static_cast<double>(std::max<std::int64_t>(timeline_.n.value_or(0), 0));
    const double most = std::max({static_cast<double>(occupancy_.peak), limit, 1.0}) * 1.18;
    const int bottom = top + layout_.panel;
    const auto y_of = [&](double count) {
      return bottom - static_cast<int>(std::lround(count / most * layout_.panel));
    };
    const int right = layout_.left + plot_;

    svg.add("path", {{"class", "within"}, {"d", area(counts, 0, y_of)}});
    if (timeline_.n && static_cast<double>(occupancy_.peak) > limit) {
      svg.add("path", {{"class", "over"}, {"d", area(counts, limit, y_of)}});
    }
    svg.add("path", {{"class", "curve"}, {"d", outline(counts, y_of)}});
    draw_line(svg, "base", layout_.left, bottom, right, bottom);
    draw_text(svg, "scale", layout_.left - 8, bottom + 4, "0");

    const std::string window = seconds(*timeline_.window_s);
    if (layout_.label_dy == 0) {
      draw_text(svg, "phase", 0, top + 14, "Admitted in the last " + window);
      draw_text(svg, "count", 0, top + 30, fmt::format("at most {}", occupancy_.peak));
    } else {
      draw_text(svg, "phase", 0, top - 6,
                fmt::format("Admitted in the last {}: at most {}", window, occupancy_.peak));
    }
    if (timeline_.n) {
      draw_line(svg, "limit", layout_.left, y_of(limit), right, y_of(limit));
      draw_text(svg, "limit-label", layout_.left - 8, y_of(limit) + 4,
                thousands(static_cast<std::uint64_t>(limit)));
      if (layout_.right >= 40) draw_text(svg, "limit-name", right + 8, y_of(limit) + 4, "limit");
    }
    if (!timeline_.n || static_cast<double>(occupancy_.peak) > limit) {
      draw_peak(svg, y_of(static_cast<double>(occupancy_.peak)));
    }
  }

  void draw_peak(Element svg, int y) {
    const int x = layout_.left + column_of(occupancy_.peak_s);
    draw_text(svg, "peak", std::clamp(x, layout_.left + 12, layout_.left + plot_ - 12), y - 6,
              thousands(occupancy_.peak));
  }

  // The surface between `floor` and the counts above it.
  template <class Height>
  std::string area(const std::vector<std::size_t>& counts, double floor, Height y_of) const {
    std::string path;
    for (std::size_t begin = 0; begin < counts.size();) {
      if (static_cast<double>(counts[begin]) <= floor) {
        ++begin;
        continue;
      }
      std::size_t end = begin;
      while (end < counts.size() && counts[end] == counts[begin]) ++end;
      fmt::format_to(std::back_inserter(path), "M{} {}V{}H{}V{}Z",
                     layout_.left + static_cast<int>(begin), y_of(floor),
                     y_of(static_cast<double>(counts[begin])), layout_.left + static_cast<int>(end),
                     y_of(floor));
      begin = end;
    }
    return path;
  }

  template <class Height>
  std::string outline(const std::vector<std::size_t>& counts, Height y_of) const {
    std::string path = fmt::format("M{} {}", layout_.left, y_of(0));
    for (std::size_t column = 0; column < counts.size(); ++column) {
      if (column != 0 && counts[column] == counts[column - 1]) continue;
      fmt::format_to(std::back_inserter(path), "H{}V{}", layout_.left + static_cast<int>(column),
                     y_of(static_cast<double>(counts[column])));
    }
    return path + fmt::format("H{}", layout_.left + plot_);
  }

  const scan::Timeline& timeline_;
  const Occupancy& occupancy_;
  const Layout& layout_;
  int plot_;  // width of the plot
  double start_ = 0;
  double range_ = 1;
  std::vector<Row> rows_;
};

}  // namespace

void draw_timeline(Element parent, const scan::Timeline& timeline, const Occupancy& occupancy,
                   PictureSize size, const std::string& id) {
  const bool is_wide = size == PictureSize::wide;
  Picture(timeline, occupancy, is_wide ? kWide : kNarrow)
      .draw(parent, is_wide ? "wide" : "narrow", id);
}

}  // namespace weir::report
