// Durations, rates and dates.
#include "base/duration.h"

#include "fuzz/target.h"
#include "store/dynamodb/clock_check.h"

void weir::fuzz::try_input(std::string_view input) {
  if (const Result<Duration> duration = parse_duration(input)) {
    WEIR_CHECK(*duration >= std::chrono::milliseconds(1) && *duration <= kMaxDuration);
    const std::string text = format_duration(*duration);
    const Result<Duration> again = parse_duration(text);
    WEIR_CHECK(again && *again == *duration && format_duration(*again) == text);
    WEIR_CHECK(std::chrono::seconds(ceil_seconds(*duration)) >= *duration);
  }
  if (const Result<Rate> rate = parse_rate(input)) {
    WEIR_CHECK(rate->count >= 1 && rate->count <= kMaxCount);
    WEIR_CHECK(rate->window >= std::chrono::milliseconds(1) && rate->window <= kMaxDuration);
    const std::string text = format_rate(*rate);
    const Result<Rate> again = parse_rate(text);
    WEIR_CHECK(again && *again == *rate && format_rate(*again) == text);
  }
  if (const std::optional<Time> date = store::parse_http_date(input)) {
    WEIR_CHECK(*date >= Time() && date->time_since_epoch() % std::chrono::seconds(1) == Duration());
    store::ClockCheck check(std::chrono::seconds(30));
    check.observe(input, *date, *date + std::chrono::seconds(1));
    WEIR_CHECK(check.skew() && check.verdict());
  }
}
