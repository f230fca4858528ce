#include "base/calendar.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;

// UTC.
Time at(int year, unsigned month, unsigned day, Duration of_day = 0ns) {
  const std::chrono::sys_days date =
      std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return Time(Duration(date.time_since_epoch()) + of_day);
}

TimeZone zone(std::string_view name) {
  const Result<TimeZone> found = TimeZone::find(name);
  EXPECT_TRUE(found.has_value()) << name;
  return found.value_or(TimeZone());
}

TEST(Calendar, WithoutAZoneWindowsAreThoseOfUtc) {
  const Time now = at(2026, 2, 14, 13h);
  EXPECT_EQ(calendar_window(now, CalendarUnit::day, {}),
            (CalendarWindow{at(2026, 2, 14), at(2026, 2, 15)}));
  EXPECT_EQ(calendar_window(now, CalendarUnit::week, {}),
            (CalendarWindow{at(2026, 2, 9), at(2026, 2, 16)}))
      << "from Monday to Monday";
  EXPECT_EQ(calendar_window(now, CalendarUnit::month, {}),
            (CalendarWindow{at(2026, 2, 1), at(2026, 3, 1)}));
  EXPECT_EQ(calendar_window(now, CalendarUnit::year, {}),
            (CalendarWindow{at(2026, 1, 1), at(2027, 1, 1)}));
  EXPECT_EQ(calendar_window(now, CalendarUnit::month, zone("UTC")),
            calendar_window(now, CalendarUnit::month, {}));
}

TEST(Calendar, AWindowBeginsAtItsFirstInstantAndEndsBeforeTheNext) {
  EXPECT_EQ(calendar_window(at(2026, 2, 9), CalendarUnit::week, {}).start, at(2026, 2, 9));
  EXPECT_EQ(calendar_window(at(2026, 2, 9) - 1ns, CalendarUnit::week, {}).end, at(2026, 2, 9));
  EXPECT_EQ(calendar_window(at(2024, 2, 29, 24h) - 1ns, CalendarUnit::month, {}).end,
            at(2024, 3, 1))
      << "a leap year";
}

TEST(Calendar, MonthsBeginAtLocalMidnight) {
  const TimeZone kolkata = zone("Asia/Kolkata");
  EXPECT_EQ(calendar_window(at(2026, 3, 31, 19h), CalendarUnit::month, kolkata),
            (CalendarWindow{at(2026, 3, 31, 18h + 30min), at(2026, 4, 30, 18h + 30min)}));
}

TEST(Calendar, DaysAreShorterAndLongerWhereClocksAreChanged) {
  const TimeZone berlin = zone("Europe/Berlin");
  const CalendarWindow spring = calendar_window(at(2026, 3, 29, 12h), CalendarUnit::day, berlin);
  EXPECT_EQ(spring, (CalendarWindow{at(2026, 3, 28, 23h), at(2026, 3, 29, 22h)}));
  const CalendarWindow autumn = calendar_window(at(2026, 10, 25, 12h), CalendarUnit::day, berlin);
  EXPECT_EQ(autumn, (CalendarWindow{at(2026, 10, 24, 22h), at(2026, 10, 25, 23h)}));
}

TEST(Calendar, ADayWithoutMidnightBeginsWhereTheClocksLand) {
  // São Paulo, 4 November 2018: 00:00 became 01:00, at 03:00 UTC.
  const TimeZone sao_paulo = zone("America/Sao_Paulo");
  EXPECT_EQ(calendar_window(at(2018, 11, 4, 3h), CalendarUnit::day, sao_paulo),
            (CalendarWindow{at(2018, 11, 4, 3h), at(2018, 11, 5, 2h)}));
  EXPECT_EQ(calendar_window(at(2018, 11, 4, 3h) - 1ns, CalendarUnit::day, sao_paulo),
            (CalendarWindow{at(2018, 11, 3, 3h), at(2018, 11, 4, 3h)}));
}

TEST(Calendar, ADayWhoseMidnightComesTwiceBeginsWithTheFirst) {
  // Havana, 1 November 2026: 01:00 becomes 00:00, at 05:00 UTC; midnight is at 04:00 and at 05:00.
  const TimeZone havana = zone("America/Havana");
  const CalendarWindow day{at(2026, 11, 1, 4h), at(2026, 11, 2, 5h)};
  EXPECT_EQ(calendar_window(at(2026, 11, 1, 4h), CalendarUnit::day, havana), day);
  EXPECT_EQ(calendar_window(at(2026, 11, 1, 5h + 30min), CalendarUnit::day, havana), day);
}

TEST(Calendar, TheEndOfADayThatIsRepeatedBelongsToTheDayThatHasBegun) {
  // St. John's, 7 November 2010: 00:01 became 23:01 of the day before, at 02:31 UTC.
  const TimeZone st_johns = zone("America/St_Johns");
  const CalendarWindow day{at(2010, 11, 7, 2h + 30min), at(2010, 11, 8, 3h + 30min)};
  EXPECT_EQ(calendar_window(at(2010, 11, 7, 2h + 30min), CalendarUnit::day, st_johns), day);
  EXPECT_EQ(calendar_window(at(2010, 11, 7, 3h), CalendarUnit::day, st_johns), day);
  EXPECT_EQ(calendar_window(at(2010, 11, 7, 2h + 30min) - 1ns, CalendarUnit::day, st_johns).end,
            day.start);
}

TEST(Calendar, ASkippedDayHasNoWindow) {
  // Samoa went from 29 December 2011 to the 31st at 10:00 UTC of the 30th.
  const TimeZone apia = zone("Pacific/Apia");
  const Time jump = at(2011, 12, 30, 10h);
  EXPECT_EQ(calendar_window(jump - 1ns, CalendarUnit::day, apia).end, jump);
  EXPECT_EQ(calendar_window(jump, CalendarUnit::day, apia),
            (CalendarWindow{jump, at(2011, 12, 31, 10h)}));
}

TEST(Calendar, WindowsFollowEachOtherWithoutGapOrOverlap) {
  std::mt19937_64 random(20261125);
  for (const char* name : {"UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana",
                           "America/St_Johns", "Pacific/Apia", "Africa/Cairo",
                           "Australia/Lord_Howe", "Asia/Beirut", "Africa/Casablanca"}) {
    const TimeZone here = zone(name);
    for (const CalendarUnit unit :
         {CalendarUnit::day, CalendarUnit::week, CalendarUnit::month, CalendarUnit::year}) {
      Time now =
          at(1999, 1, 1) + Duration(static_cast<std::int64_t>(random() % 86'400'000'000'000));
      for (int i = 0; i < 300 && now < at(2250, 1, 1); ++i) {
        const CalendarWindow window = calendar_window(now, unit, here);
        ASSERT_LE(window.start, now) << name;
        ASSERT_LT(now, window.end) << name;
        ASSERT_EQ(calendar_window(window.start, unit, here), window) << name;
        ASSERT_EQ(calendar_window(window.end - 1ns, unit, here), window) << name;
        ASSERT_EQ(calendar_window(window.end, unit, here).start, window.end) << name;
        now = window.end + Duration(static_cast<std::int64_t>(random() % 3'600'000'000'000));
      }
    }
  }
}

TEST(Calendar, AnUnknownZoneIsAnErrorWithACure) {
  for (const char* name : {"", "Europe/Atlantis", "../../etc/passwd", "UTC\n"}) {
    const Result<TimeZone> found = TimeZone::find(name);
    ASSERT_FALSE(found.has_value()) << name;
    EXPECT_EQ(found.error().cure, "Write an IANA name, for example Europe/Berlin or UTC");
  }
}

}  // namespace
}  // namespace weir
