// Durations and rates as people write them: "250ms", "10s", "5m", "1h", "31d" and "100/m", "5/10s".
//
// Units: ms, s, m or min, h, d; for rates also the words second, minute, hour, day. Whole numbers
// only, no sign, no spaces. Range of a duration: 1 ms to 366 days. Range of a count: 1 to 10^15.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "weir/time.h"

namespace weir {

inline constexpr Duration kMaxDuration = std::chrono::hours(24 * 366);
inline constexpr std::int64_t kMaxCount = 1'000'000'000'000'000;

// At most `count` in every `window`.
struct Rate {
  std::int64_t count = 0;
  Duration window{};

  friend bool operator==(const Rate&, const Rate&) = default;
};

Result<Duration> parse_duration(std::string_view text);
Result<Rate> parse_rate(std::string_view text);

// The shortest exact spelling that parse_duration reads back: "90s", "1h", "250ms".
std::string format_duration(Duration duration);
std::string format_rate(const Rate& rate);

// Seconds, rounded up: what Retry-After may say without being early.
std::int64_t ceil_seconds(Duration duration);

}  // namespace weir
