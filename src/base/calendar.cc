// The only file that uses Howard Hinnant's date and tz: GCC 12's <chrono> has calendars but no time
// zones. Their exceptions end here.
#include "base/calendar.h"

#include <date/date.h>
#include <date/tz.h>

#include <exception>
#include <string>

namespace weir {

// The days of one zone, as instants.
class LocalDays {
 public:
  explicit LocalDays(const TimeZone& zone)
      : zone_(static_cast<const date::time_zone*>(zone.zone_)) {}

  // The local date of an instant.
  date::local_days at(Time time) const {
    const date::sys_time<Duration> instant(time.time_since_epoch());
    if (zone_ == nullptr)
      return date::local_days(date::floor<date::days>(instant.time_since_epoch()));
    return date::floor<date::days>(zone_->to_local(instant));
  }

  // The first instant of a local date, or of the next one that there is.
  Time start_of(date::local_days day) const {
    if (zone_ == nullptr) return Time(Duration(day.time_since_epoch()));
    const date::local_info info = zone_->get_info(date::local_time<std::chrono::seconds>(day));
    // In a gap the clocks jump over midnight: the day begins where they land. An ambiguous midnight
    // comes first with the offset that was in force before.
    if (info.result == date::local_info::nonexistent)
      return Time(Duration(info.first.end.time_since_epoch()));
    return Time(Duration(day.time_since_epoch()) - info.first.offset);
  }

 private:
  const date::time_zone* zone_;
};

namespace {

using date::local_days;

// The first day of the unit that a day lies in, and of the one `step` units on.
local_days first_day(local_days day, CalendarUnit unit, int step) {
  const date::year_month_day ymd(day);
  switch (unit) {
    case CalendarUnit::day:
      return day + date::days(step);
    case CalendarUnit::week:
      return day - (date::weekday(day) - date::Monday) + date::weeks(step);
    case CalendarUnit::month:
      return local_days((ymd.year() / ymd.month() + date::months(step)) / 1);
    case CalendarUnit::year:
      return local_days((ymd.year() + date::years(step)) / date::January / 1);
  }
  return day;
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
  try {
    TimeZone zone;
    zone.zone_ = date::locate_zone(name);
    return zone;
  } catch (const std::exception&) {
  }
  try {
    static_cast<void>(date::locate_zone("Etc/UTC"));
  } catch (const std::exception&) {
    return fail(ErrorCode::not_found, "this machine has no time zone database",
                "Install the package tzdata");
  }
  return fail(ErrorCode::invalid_input, "'" + std::string(name) + "' is not a time zone",
              "Write an IANA name, for example Europe/Berlin or UTC");
}

CalendarWindow calendar_window(Time now, CalendarUnit unit, const TimeZone& zone) {
  const LocalDays days(zone);
  local_days day = days.at(now);
  CalendarWindow window{days.start_of(first_day(day, unit, 0)),
                        days.start_of(first_day(day, unit, 1))};
  // Clocks that are set back over midnight repeat the end of a day after the next one has begun:
  // that time belongs to the next one, as it did the first time.
  while (now >= window.end) {
    day = first_day(day, unit, 1);
    window = {window.end, days.start_of(first_day(day, unit, 1))};
  }
  return window;
}

Duration longest(CalendarUnit unit) {
  constexpr Duration kDay = std::chrono::hours(24);
  switch (unit) {
    case CalendarUnit::day:
      return kDay;
    case CalendarUnit::week:
      return 7 * kDay;
    case CalendarUnit::month:
      return 31 * kDay;
    case CalendarUnit::year:
      return 366 * kDay;
  }
  return kDay;
}

}  // namespace weir
