#include "tap/times.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>

namespace weir::tap {
namespace {

constexpr std::int64_t kDay = 86'400;
// Windows up to here: for longer ones, too many numbers are some window's.
constexpr std::int64_t kLongestWindow = 3600;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::int64_t seconds_of(Time at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::string calendar_of(std::int64_t seconds) {
  return fmt::format("{:%Y%m%d%H%M}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// How far the number is from now, in seconds, if it is a time of about now in any unit.
std::optional<double> ahead(double number, Time at) {
  constexpr double kYear = 366.0 * kDay;
  const double now = std::chrono::duration<double>(at.time_since_epoch()).count();
  for (const double unit : {1.0, 1e3, 1e6, 1e9}) {
    if (std::abs(number / unit - now) <= kYear) return number / unit - now;
  }
  return std::nullopt;
}

// The window whose number this is now; 0: none. A whole number of seconds, of at least two.
std::int64_t window_of(std::int64_t number, std::int64_t now) {
  if (number <= now / (kLongestWindow + 1) || number > now / 2) return 0;
  // A request may have been on its way when the window changed.
  for (const std::int64_t window : {now / number, now / (number + 1), (now - 1) / number}) {
    if (window >= 2 && window <= kLongestWindow &&
        (now / window == number || (now - 1) / window == number)) {
      return window;
    }
  }
  return 0;
}

}  // namespace

bool reads_as_time(double number, Time at) {
  return ahead(number, at).has_value();
}

double seconds_ahead(double number, Time at) {
  return ahead(number, at).value_or(0);
}

std::vector<TimeMark> time_marks(std::string_view text, Time at) {
  std::vector<TimeMark> marks;
  const std::int64_t now = seconds_of(at);
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (!is_digit(text[begin])) continue;
    std::size_t end = begin;
    while (end < text.size() && is_digit(text[end])) ++end;
    const std::string_view digits = text.substr(begin, end - begin);
    TimeMark mark{.begin = begin, .size = digits.size()};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), mark.number);
    const bool inside_a_word =
        (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0) ||
        (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0);
    begin = end - 1;
    if (read.ec != std::errc() || inside_a_word) continue;
    if (const bool cut_off = digits.size() == 8 || digits.size() == 10 || digits.size() == 12;
        cut_off && calendar_of(now).starts_with(digits)) {
      mark.kind = TimeMark::Kind::calendar;
      mark.window_s = digits.size() == 8 ? kDay : digits.size() == 10 ? 3600 : 60;
    } else if (std::abs(mark.number - now) <= kDay || std::abs(mark.number / 1000 - now) <= kDay) {
      mark.kind = TimeMark::Kind::instant;
    } else if (mark.window_s = window_of(mark.number, now); mark.window_s == 0) {
      continue;
    }
    marks.push_back(mark);
  }
  return marks;
}

}  // namespace weir::tap
