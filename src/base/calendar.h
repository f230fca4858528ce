// Calendar windows: which day, week, month or year an instant lies in, in a time zone.
//
// Windows are half open, [start, end), follow each other without gap or overlap, and begin at the
// first instant whose local date is theirs:
// - a day is 23 or 25 hours long where clocks are changed; one whose midnight does not exist begins
//   when the clocks have jumped over it, one whose midnight comes twice at the first of the two;
// - a day that a zone has skipped altogether (Samoa, 30 December 2011) has no window;
// - weeks begin on Monday (ISO 8601).
//
// Thread safety: a TimeZone is a plain value and may be used from any thread. The zones are those
// of the system (package tzdata), read once a process.
//
//   Result<TimeZone> zone = TimeZone::find("Europe/Berlin");
//   CalendarWindow month = calendar_window(now, CalendarUnit::month, *zone);
#pragma once

#include <string_view>

#include "base/result.h"
#include "weir/time.h"

namespace weir {

class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // An IANA name, "Europe/Berlin". An Error says what to do about a name that there is not.
  static Result<TimeZone> find(std::string_view name);

  friend bool operator==(const TimeZone&, const TimeZone&) = default;

 private:
  friend class LocalDays;
  const void* zone_ = nullptr;  // of the tz library; nullptr: UTC
};

enum class CalendarUnit { day, week, month, year };

struct CalendarWindow {
  Time start{};
  Time end{};
  friend bool operator==(const CalendarWindow&, const CalendarWindow&) = default;
};

// The window that `now` lies in.
CalendarWindow calendar_window(Time now, CalendarUnit unit, const TimeZone& zone);

// How long a window of this unit can be at most, without a change of clocks: 31 days, 366 days.
Duration longest(CalendarUnit unit);

}  // namespace weir
