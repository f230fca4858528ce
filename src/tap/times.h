// Numbers that read as times, where nobody says what they are: within keys and other texts, and as
// attributes.
//
// Thread safety: pure functions.
//
//   time_marks("user-17:29927000", now)[0].window_s == 60   // now / 60, rounded down
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "weir/time.h"

namespace weir::tap {

// A number within a text that reads as a time.
struct TimeMark {
  enum class Kind {
    window_number,  // floor(now / window)
    instant,        // seconds, or milliseconds, since 1970, within a day of now
    calendar,       // 2026112513, 202611251321, 20261125: now, cut off
  };
  Kind kind = Kind::window_number;
  std::size_t begin = 0;
  std::size_t size = 0;
  std::int64_t number = 0;
  std::int64_t window_s = 0;  // of window_number and calendar: how long it stays the same
};
std::vector<TimeMark> time_marks(std::string_view text, Time at);

// A time up to a year from `at`, in seconds, milliseconds, microseconds or nanoseconds since 1970.
bool reads_as_time(double number, Time at);

// How far such a time is ahead of `at`, in seconds; not more than 0 if it is none, or past.
double seconds_ahead(double number, Time at);

}  // namespace weir::tap
