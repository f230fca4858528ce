// Limits of every algorithm, drawn at random, for tests that hold a store to the pure functions.
#pragma once

#include <array>

#include "base/rng.h"
#include "limit/limit.h"

namespace weir::test {

inline constexpr std::size_t kAlgorithms = std::variant_size_v<limit::Limit>;

// One of a few limits of an algorithm (an index into limit::Limit), so that a key that is asked for
// again is often asked for under the same. `now` decides the fixed window.
inline limit::Limit random_limit(Rng& rng, std::size_t algorithm, Time now) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const std::uint64_t choice = rng.below(8) == 0 ? rng.below(4) : 0;
  constexpr std::array<std::int64_t, 4> kCounts = {3, 250, 70'000, 5'000'000'000};
  constexpr std::array<Duration, 4> kWindows = {seconds(3), seconds(8), milliseconds(1),
                                                milliseconds(700)};
  const std::int64_t n = kCounts.at(choice);
  const Duration window = kWindows.at(rng.below(8) == 0 ? rng.below(4) : 0);
  switch (algorithm) {
    case 0:
      return limit::WindowLimit{n, limit::Geometry::for_window(window)};
    case 1:
      return limit::GcraLimit::per_window(std::min<std::int64_t>(n, 1000), window, 1 + n % 7);
    case 2: {
      const std::int64_t start = now.time_since_epoch() / window;
      return limit::FixedWindowLimit{n, Time(window * start), Time(window * (start + 1))};
    }
    case 3:
      return limit::DistinctLimit{
          std::min(n, limit::kMaxDistinct),
          limit::Geometry::for_window(window, Duration::zero(), limit::kMaxDistinctSlots)};
    default:
      return limit::ConcurrencyLimit{std::min(n, limit::kMaxConcurrency), window};
  }
}

}  // namespace weir::test
