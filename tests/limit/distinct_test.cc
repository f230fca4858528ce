// distinct: never more than M values in any window, against an obvious count of all of them.
#include "limit/distinct.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "limit/limit.h"

namespace weir::limit {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

DistinctLimit distinct_of(std::int64_t m, Duration window, Duration error = Duration::zero()) {
  return {m, Geometry::for_window(window, error, kMaxDistinctSlots)};
}

Charge sight(State& state, const DistinctLimit& limit, Time now, std::uint64_t value) {
  return charge(state, limit, {.now = now, .subject = value});
}

TEST(DistinctTest, AdmitsMValuesAndKeepsAdmittingThose) {
  const DistinctLimit limit = distinct_of(3, seconds(60));
  State state;
  for (std::uint64_t value : {10U, 11U, 12U})
    EXPECT_TRUE(sight(state, limit, kStart, value).admitted);
  EXPECT_FALSE(sight(state, limit, kStart, 13).admitted);
  for (std::uint64_t value : {12U, 11U, 10U})
    EXPECT_TRUE(sight(state, limit, kStart + seconds(30), value).admitted);
  EXPECT_FALSE(sight(state, limit, kStart + seconds(61), 13).admitted) << "they were seen again";
}

TEST(DistinctTest, TellsValuesApartThatAreZero) {
  const DistinctLimit limit = distinct_of(1, seconds(60));
  State state;
  EXPECT_TRUE(sight(state, limit, kStart, 0).admitted);
  EXPECT_TRUE(sight(state, limit, kStart, 0).admitted);
  EXPECT_FALSE(sight(state, limit, kStart, 1).admitted);
}

TEST(DistinctTest, AdmitsANewValueExactlyWhenItSaid) {
  const DistinctLimit limit = distinct_of(2, seconds(60));
  State state;
  ASSERT_TRUE(sight(state, limit, kStart, 1).admitted);
  ASSERT_TRUE(sight(state, limit, kStart + seconds(20), 2).admitted);
  const Charge refused = sight(state, limit, kStart + seconds(30), 3);
  ASSERT_FALSE(refused.admitted);
  EXPECT_FALSE(peek(state, limit, {.now = refused.room_at - Duration(1), .subject = 3}).admitted);
  EXPECT_TRUE(peek(state, limit, {.now = refused.room_at, .subject = 3}).admitted);
}

TEST(DistinctTest, WaitsForEnoughToEndWhenTheLimitIsLowered) {
  State state;
  for (std::uint64_t value = 0; value < 5; ++value)
    ASSERT_TRUE(
        sight(state, distinct_of(5, seconds(60)), kStart + seconds(value * 6), value).admitted);
  const DistinctLimit lowered = distinct_of(2, seconds(60));
  const Charge refused = sight(state, lowered, kStart + seconds(30), 99);
  ASSERT_FALSE(refused.admitted);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_TRUE(peek(state, lowered, {.now = refused.room_at, .subject = 99}).admitted);
  EXPECT_TRUE(sight(state, lowered, kStart + seconds(30), 4).admitted) << "it is alive";
}

TEST(DistinctTest, NeverAdmitsMoreThanMValuesInAnyWindow) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const auto m = static_cast<std::int64_t>(1 + rng.below(8));
    const Duration window = milliseconds(1 + static_cast<std::int64_t>(rng.below(20'000)));
    const Duration error(
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(window.count()) / 3)));
    State state;
    struct Sight {
      Time at;
      std::uint64_t value;
    };
    std::vector<Sight> admitted;
    Time real = kStart;
    for (int i = 0; i < 250; ++i) {
      real += Duration(
          static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(window.count()) / 8 + 1)));
      const Duration off(
          static_cast<std::int64_t>(rng.below(2 * static_cast<std::uint64_t>(error.count()) + 1)) -
          error.count());
      const std::uint64_t value = rng.below(20);
      // Now and then another window, which never is shorter than the one that is checked.
      const Duration current = rng.below(20) == 0 ? 2 * window : window;
      const DistinctLimit limit = distinct_of(m, current, error);
      if (sight(state, limit, real + off, value).admitted) admitted.push_back({real, value});
    }
    for (std::size_t first = 0; first < admitted.size(); ++first) {
      std::set<std::uint64_t> values;
      for (std::size_t i = first;
           i < admitted.size() && admitted[i].at <= admitted[first].at + window; ++i)
        values.insert(admitted[i].value);
      ASSERT_LE(static_cast<std::int64_t>(values.size()), m) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace weir::limit
