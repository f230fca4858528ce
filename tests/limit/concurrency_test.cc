// concurrency: never more than M in flight, and a crashed request's place comes back.
#include "limit/concurrency.h"

#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"
#include "limit/limit.h"

namespace weir::limit {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};
constexpr ConcurrencyLimit kThree{3, seconds(30)};

Charge enter(State& state, const ConcurrencyLimit& limit, Time now, std::uint64_t id) {
  return charge(state, limit, {.now = now, .subject = id});
}
void leave(State& state, Time now, std::uint64_t id) {
  give_back(state, kThree, {.now = now, .subject = id}, 0);
}

TEST(ConcurrencyTest, AdmitsMAtOnceAndAnotherWhenOneFinishes) {
  State state;
  for (std::uint64_t id : {1U, 2U, 3U}) EXPECT_TRUE(enter(state, kThree, kStart, id).admitted);
  EXPECT_FALSE(enter(state, kThree, kStart, 4).admitted);
  leave(state, kStart, 2);
  EXPECT_TRUE(enter(state, kThree, kStart, 4).admitted);
  EXPECT_FALSE(enter(state, kThree, kStart, 5).admitted);
}

TEST(ConcurrencyTest, CountsOneRequestOnceHoweverOftenItAsks) {
  State state;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(enter(state, kThree, kStart, 1).admitted);
  EXPECT_EQ(enter(state, kThree, kStart, 2).remaining, 1);
}

TEST(ConcurrencyTest, FreesThePlaceOfARequestThatNeverFinishedWhenItsHoldEnds) {
  State state;
  for (std::uint64_t id : {1U, 2U, 3U}) ASSERT_TRUE(enter(state, kThree, kStart, id).admitted);
  const Charge refused = enter(state, kThree, kStart + seconds(10), 4);
  EXPECT_EQ(refused.room_at, kStart + seconds(30));
  EXPECT_FALSE(enter(state, kThree, refused.room_at - Duration(1), 4).admitted);
  EXPECT_TRUE(enter(state, kThree, refused.room_at, 4).admitted);
}

TEST(ConcurrencyTest, FinishingTwiceFreesNobodyElsesPlace) {
  State state;
  for (std::uint64_t id : {1U, 2U, 3U}) ASSERT_TRUE(enter(state, kThree, kStart, id).admitted);
  leave(state, kStart, 1);
  ASSERT_TRUE(enter(state, kThree, kStart, 4).admitted);
  leave(state, kStart, 1);
  EXPECT_FALSE(enter(state, kThree, kStart, 5).admitted);
}

TEST(ConcurrencyTest, LetsThoseInFlightFinishWhenTheLimitIsLowered) {
  State state;
  for (std::uint64_t id : {1U, 2U, 3U}) ASSERT_TRUE(enter(state, kThree, kStart, id).admitted);
  const ConcurrencyLimit one{1, seconds(30)};
  EXPECT_FALSE(enter(state, one, kStart, 4).admitted);
  leave(state, kStart, 1);
  leave(state, kStart, 2);
  EXPECT_FALSE(enter(state, one, kStart, 4).admitted);
  leave(state, kStart, 3);
  EXPECT_TRUE(enter(state, one, kStart, 4).admitted);
}

TEST(ConcurrencyTest, NeverHoldsMoreThanMWhoseHoldHasNotEnded) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const auto m = static_cast<std::int64_t>(1 + rng.below(6));
    const Duration error = milliseconds(rng.below(500));
    const Duration longest = seconds(5);
    const ConcurrencyLimit limit{m, longest + 2 * error};
    State state;
    std::map<std::uint64_t, Time> running;  // until when, in real time, at most
    Time real = kStart;
    for (std::uint64_t id = 1; id <= 300; ++id) {
      real += milliseconds(rng.below(1'000));
      const Duration off =
          milliseconds(rng.below(2 * static_cast<std::uint64_t>(error / milliseconds(1)) + 1)) -
          error;
      std::erase_if(running, [&](const auto& one) { return one.second <= real; });
      if (!running.empty() && rng.below(3) == 0) {
        const std::uint64_t finished = running.begin()->first;
        give_back(state, limit, {.now = real + off, .subject = finished}, 0);
        running.erase(finished);
      }
      if (enter(state, limit, real + off, id).admitted) running[id] = real + longest;
      ASSERT_LE(static_cast<std::int64_t>(running.size()), m) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace weir::limit
