#include "base/duration.h"

#include <array>
#include <charconv>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view name;
  Duration length;
};

// The first name of each length is the one that format_duration writes.
constexpr std::array kUnits = {
    Unit{"d", 24h},       Unit{"h", 1h},    Unit{"m", 1min},    Unit{"s", 1s},
    Unit{"ms", 1ms},      Unit{"day", 24h}, Unit{"hour", 1h},   Unit{"min", 1min},
    Unit{"minute", 1min}, Unit{"sec", 1s},  Unit{"second", 1s},
};

constexpr std::string_view kDurationCure =
    "Write a whole number and a unit: ms, s, m, h or d, for example 250ms, 10s or 1h";
constexpr std::string_view kRateCure = "Write COUNT/WINDOW, for example 100/m, 5/10s or 1000/h";

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

// Reads the digits that text starts with, and removes them from it.
Result<std::int64_t> take_number(std::string_view& text, std::string_view whole,
                                 std::string_view cure) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return fail(ErrorCode::invalid_input, "the number in '" + std::string(whole) + "' is too large",
                std::string(cure));
  }
  if (error != std::errc() || text.front() == '-') {
    return fail(ErrorCode::invalid_input,
                "'" + std::string(whole) + "' does not start with a number", std::string(cure));
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const Result<std::int64_t> number = take_number(rest, text, kDurationCure);
  if (!number) return tl::unexpected(number.error());
  const Unit* unit = find_unit(rest);
  if (unit == nullptr) {
    const std::string what = rest.empty() ? "'" + std::string(text) + "' has no unit"
                                          : "'" + std::string(rest) + "' is not a unit of time";
    return fail(ErrorCode::invalid_input, what, std::string(kDurationCure));
  }
  if (*number == 0) {
    return fail(ErrorCode::invalid_input, "'" + std::string(text) + "' is no time at all",
                std::string(kDurationCure));
  }
  if (*number > kMaxDuration / unit->length) {
    return fail(ErrorCode::invalid_input, "'" + std::string(text) + "' is longer than 366 days",
                std::string(kDurationCure));
  }
  return *number * unit->length;
}

Result<Rate> parse_rate(std::string_view text) {
  std::string_view rest = text;
  const Result<std::int64_t> count = take_number(rest, text, kRateCure);
  if (!count) return tl::unexpected(count.error());
  if (rest.empty() || rest.front() != '/') {
    return fail(ErrorCode::invalid_input, "'" + std::string(text) + "' has no '/WINDOW'",
                std::string(kRateCure));
  }
  rest.remove_prefix(1);
  if (*count < 1 || *count > kMaxCount) {
    return fail(ErrorCode::invalid_input,
                "the count in '" + std::string(text) + "' must be from 1 to 10^15",
                std::string(kRateCure));
  }
  if (const Unit* unit = find_unit(rest)) return Rate{*count, unit->length};
  const Result<Duration> window = parse_duration(rest);
  if (!window)
    return tl::unexpected(Error(window.error()).at("the window of '" + std::string(text) + "'"));
  return Rate{*count, *window};
}

std::string format_duration(Duration duration) {
  for (const Unit& unit : kUnits) {
    if (duration >= unit.length && duration % unit.length == Duration::zero()) {
      return std::to_string(duration / unit.length) + std::string(unit.name);
    }
  }
  return std::to_string(duration.count()) + "ns";
}

std::string format_rate(const Rate& rate) {
  const std::string window = format_duration(rate.window);
  // "100/m" rather than "100/1m".
  const bool one =
      window.starts_with('1') && find_unit(std::string_view(window).substr(1)) != nullptr;
  return std::to_string(rate.count) + "/" + (one ? window.substr(1) : window);
}

std::int64_t ceil_seconds(Duration duration) {
  if (duration <= Duration::zero()) return 0;
  return (duration + (1s - 1ns)) / 1s;
}

}  // namespace weir
