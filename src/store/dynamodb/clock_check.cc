#include "store/dynamodb/clock_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace weir::store {
namespace {

constexpr Duration kDateResolution = std::chrono::seconds(1);

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Time> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // "Mon, 23 Nov 2026 21:36:20 GMT"
  if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto day = number(text.substr(5, 2));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *year < 1970 || *year > 2261 || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return Time(days + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
              std::chrono::seconds(*second));
}

Duration ClockCheck::Skew::certain() const {
  if (least > Duration::zero()) return least;
  if (most < Duration::zero()) return most;
  return Duration::zero();
}

void ClockCheck::observe(std::string_view date, Time sent, Time received) {
  const std::optional<Time> stamp = parse_http_date(date);
  if (!stamp) return;
  const Skew now{sent - (*stamp + kDateResolution), received - *stamp};
  const std::lock_guard lock(mutex_);
  Skew narrowed = now;
  if (skew_) {
    narrowed.least = std::max(skew_->least, now.least);
    narrowed.most = std::min(skew_->most, now.most);
  }
  // Bounds that exclude each other mean that one of the clocks has moved: the latest counts.
  skew_ = narrowed.least <= narrowed.most ? narrowed : now;
}

std::optional<ClockCheck::Skew> ClockCheck::skew() const {
  const std::lock_guard lock(mutex_);
  return skew_;
}

Status ClockCheck::verdict() const {
  const std::optional<Skew> known = skew();
  if (!known) return {};
  const Duration off = known->certain();
  if (std::chrono::abs(off) <= hard_bound_) return {};
  return fail(
      ErrorCode::unavailable,
      fmt::format("this machine's clock is {} s {} DynamoDB's",
                  std::chrono::duration_cast<std::chrono::seconds>(std::chrono::abs(off)).count(),
                  off > Duration::zero() ? "ahead of" : "behind"),
      "synchronise the clock (NTP)");
}

}  // namespace weir::store
