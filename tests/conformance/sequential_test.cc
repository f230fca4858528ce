// What a store must do for one client after another, with time as an argument.
#include "conformance/conformance.h"
#include "support/limits.h"
#include "support/window_checker.h"

namespace weir::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class SequentialTest : public ConformanceTest {};

TEST_P(SequentialTest, AdmitsExactlyNThenRefuses) {
  for (const Duration window : {Duration(seconds(1)), Duration(minutes(1)), Duration(hours(744))}) {
    key_ = new_key();
    const limit::WindowLimit limit = limit_of(20, window);
    const Time now = start_of_slot(limit.geometry);
    for (std::int64_t i = 0; i < 20; ++i) {
      const limit::Charge admitted = charge(limit, now);
      ASSERT_TRUE(admitted.admitted);
      EXPECT_EQ(admitted.remaining, 19 - i);
    }
    const limit::Charge refused = charge(limit, now);
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.remaining, 0);
  }
}

TEST_P(SequentialTest, AdmitsALoneRetryAtRoomAtAndNotANanosecondBefore) {
  const limit::WindowLimit limit = limit_of(3, minutes(1));
  const Time start = start_of_slot(limit.geometry);
  ASSERT_TRUE(charge(limit, start).admitted);
  ASSERT_TRUE(charge(limit, start + seconds(7)).admitted);
  ASSERT_TRUE(charge(limit, start + seconds(30)).admitted);

  const limit::Charge refused = charge(limit, start + seconds(31));
  ASSERT_FALSE(refused.admitted);
  EXPECT_GT(refused.room_at, start + minutes(1));
  EXPECT_LE(refused.room_at, start + minutes(1) + limit.geometry.slot_width());
  EXPECT_FALSE(charge(limit, refused.room_at - nanoseconds(1)).admitted);
  EXPECT_TRUE(charge(limit, refused.room_at).admitted);
  EXPECT_FALSE(charge(limit, refused.room_at).admitted) << "only one charge had run out";
}

TEST_P(SequentialTest, TellsALargerCostWhenEnoughRoomAppears) {
  const limit::WindowLimit limit = limit_of(10, minutes(1));
  const Time start = start_of_slot(limit.geometry);
  ASSERT_TRUE(charge(limit, start, 4).admitted);
  ASSERT_TRUE(charge(limit, start + seconds(10), 4).admitted);
  const limit::Charge refused = charge(limit, start + seconds(20), 7);
  ASSERT_FALSE(refused.admitted);
  EXPECT_EQ(refused.room_at, start + seconds(10) + limit.geometry.span() + seconds(1));
  EXPECT_FALSE(charge(limit, refused.room_at - nanoseconds(1), 7).admitted);
  EXPECT_TRUE(charge(limit, refused.room_at, 7).admitted);
}

TEST_P(SequentialTest, AdmitsWhatStillFitsAfterALargerCostWasRefused) {
  const limit::WindowLimit limit = limit_of(10, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  ASSERT_TRUE(charge(limit, now, 7).admitted);
  EXPECT_FALSE(charge(limit, now, 4).admitted);
  EXPECT_TRUE(charge(limit, now, 3).admitted);
  EXPECT_FALSE(charge(limit, now, 1).admitted);
}

TEST_P(SequentialTest, NeverAdmitsACostAboveTheLimitAndChargesNothingForIt) {
  const limit::WindowLimit limit = limit_of(5, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  for (const std::int64_t cost : {std::int64_t{6}, kMaxCount, INT64_MAX}) {
    const limit::Charge refused = charge(limit, now, cost);
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.room_at, Time::max()) << "there will never be room for " << cost;
  }
  EXPECT_EQ(admitted_of(6, limit, now), 5);
}

TEST_P(SequentialTest, CountsToTheLargestLimit) {
  const limit::WindowLimit limit = limit_of(kMaxCount, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  EXPECT_TRUE(charge(limit, now, kMaxCount - 1).admitted);
  EXPECT_FALSE(charge(limit, now, 2).admitted);
  EXPECT_TRUE(charge(limit, now, 1).admitted);
  EXPECT_FALSE(charge(limit, now, 1).admitted);
}

TEST_P(SequentialTest, AnswersAMeaninglessRequestWithAnError) {
  const limit::WindowLimit limit = limit_of(5, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  for (const std::int64_t cost : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN}) {
    const auto outcome = store_->charge(request(key_, limit, now, cost));
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ErrorCode::invalid_input);
    EXPECT_FALSE(store_->give_back(request(key_, limit, now, cost), 0).has_value());
  }
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{-5}, kMaxCount + 1}) {
    EXPECT_FALSE(store_->charge(request(key_, limit_of(n, seconds(10)), now)).has_value());
  }
  EXPECT_EQ(admitted_of(6, limit, now), 5);
}

TEST_P(SequentialTest, GivesBackWhatWasCharged) {
  const limit::WindowLimit limit = limit_of(5, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  const limit::Charge unused = charge(limit, now, 3);
  ASSERT_TRUE(unused.admitted);
  EXPECT_TRUE(store_->give_back(request(key_, limit, now, 3), unused.slot).has_value());
  EXPECT_EQ(admitted_of(7, limit, now), 5);
}

TEST_P(SequentialTest, GivesBackNothingThatIsNotThere) {
  const limit::WindowLimit limit = limit_of(5, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  const std::int64_t slot = limit.geometry.slot_of(now);
  // An unknown key, a slot that never was charged, more than was charged, a slot long gone.
  EXPECT_TRUE(store_->give_back(request(key_, limit, now, 3), slot).has_value());
  EXPECT_EQ(admitted_of(4, limit, now), 4);
  EXPECT_TRUE(store_->give_back(request(key_, limit, now, 3), slot - 1).has_value());
  EXPECT_TRUE(store_->give_back(request(key_, limit, now, 3), slot + 1).has_value());
  EXPECT_TRUE(store_->give_back(request(key_, limit, now, 3), slot - 1000).has_value());
  EXPECT_EQ(admitted_of(3, limit, now), 1);
}

TEST_P(SequentialTest, ForgetsOneKeyAndNoOther) {
  const limit::WindowLimit limit = limit_of(2, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  const Key other = new_key();
  ASSERT_TRUE(decide(*store_, request(other, limit, now, 2)).admitted);
  ASSERT_EQ(admitted_of(3, limit, now), 2);
  EXPECT_EQ(store_->forget(key_, seconds(20)), true);
  EXPECT_EQ(store_->forget(key_, seconds(20)), false);
  EXPECT_FALSE(store_->known_refusal(request(key_, limit, now)).has_value());
  EXPECT_EQ(admitted_of(3, limit, now), 2);
  EXPECT_FALSE(decide(*store_, request(other, limit, now)).admitted);
}

TEST_P(SequentialTest, ARefusalThatIsKnownIsTheOneThatAChargeWouldGetAndCostsNothing) {
  const limit::WindowLimit limit = limit_of(2, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  const auto known = [&](Time at) { return store_->known_refusal(request(key_, limit, at)); };
  EXPECT_FALSE(known(now).has_value());
  EXPECT_EQ(admitted_of(1, limit, now), 1);
  EXPECT_FALSE(known(now).has_value());
  EXPECT_EQ(admitted_of(1, limit, now), 1);
  const limit::Charge refused = charge(limit, now);
  ASSERT_FALSE(refused.admitted);
  // A store may know nothing without asking, but what it says must be true.
  if (const auto outcome = known(now)) {
    EXPECT_FALSE(outcome->charge.admitted);
    EXPECT_TRUE(outcome->local);
    EXPECT_EQ(outcome->charge.room_at, refused.room_at);
  }
  EXPECT_FALSE(known(refused.room_at).has_value());
  EXPECT_EQ(admitted_of(3, limit, refused.room_at), 2);
}

TEST_P(SequentialTest, KeepsTheCountsWhenTheLimitIsRaised) {
  const Time now = start_of_slot(limit_of(1, seconds(10)).geometry);
  EXPECT_EQ(admitted_of(6, limit_of(5, seconds(10)), now), 5);
  // Also past what one, two and four bytes count to.
  std::int64_t used = 5;
  for (const std::int64_t n : {std::int64_t{8}, std::int64_t{300}, std::int64_t{70'000},
                               std::int64_t{5'000'000'000}, kMaxCount}) {
    const limit::WindowLimit raised = limit_of(n, seconds(10));
    EXPECT_FALSE(charge(raised, now, n - used + 1).admitted);
    EXPECT_TRUE(charge(raised, now, n - used).admitted) << "raised to " << n;
    EXPECT_FALSE(charge(raised, now, 1).admitted);
    used = n;
  }
}

TEST_P(SequentialTest, KeepsTheCountsWhenTheLimitIsLowered) {
  const limit::WindowLimit high = limit_of(100'000, seconds(10));
  const limit::WindowLimit low = limit_of(3, seconds(10));
  const Time now = start_of_slot(high.geometry);
  ASSERT_TRUE(charge(high, now, 90'000).admitted);
  const limit::Charge refused = charge(low, now);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_FALSE(charge(low, refused.room_at - nanoseconds(1)).admitted);
  EXPECT_EQ(admitted_of(4, low, refused.room_at), 3);
}

TEST_P(SequentialTest, DoesNotOpenAFreshWindowWhenTheWindowIsChanged) {
  for (const Duration changed :
       {Duration(seconds(2)), Duration(seconds(60)), Duration(hours(24))}) {
    key_ = new_key();
    const limit::WindowLimit before = limit_of(5, seconds(10));
    const limit::WindowLimit after = limit_of(7, changed);
    const Time now = start_of_slot(before.geometry);
    ASSERT_EQ(admitted_of(6, before, now), 5);
    EXPECT_EQ(admitted_of(4, after, now), 2) << "7 less the 5 that are live";
    const Time gone = now + before.geometry.slot_width() + after.geometry.span() +
                      2 * after.geometry.slot_width();
    EXPECT_EQ(admitted_of(9, after, gone), 7) << "all of it is usable again in the end";
  }
}

TEST_P(SequentialTest, FilesALaggingClocksChargeUnderTheNewestSlot) {
  const limit::WindowLimit limit = limit_of(4, seconds(10));
  const Time start = start_of_slot(limit.geometry);
  ASSERT_TRUE(charge(limit, start + seconds(20)).admitted);
  // Three clocks that are seconds behind use up the same window.
  EXPECT_TRUE(charge(limit, start + seconds(18)).admitted);
  EXPECT_TRUE(charge(limit, start + seconds(12)).admitted);
  EXPECT_TRUE(charge(limit, start).admitted);
  EXPECT_FALSE(charge(limit, start).admitted);
  EXPECT_FALSE(charge(limit, start + seconds(29)).admitted);
  EXPECT_EQ(admitted_of(5, limit, start + seconds(31)), 4);
}

TEST_P(SequentialTest, TellsKeysApartThatDifferInOneBit) {
  const limit::WindowLimit limit = limit_of(1, seconds(10));
  const Time now = start_of_slot(limit.geometry);
  ASSERT_TRUE(charge(limit, now).admitted);
  for (std::size_t byte = 0; byte < 16; ++byte) {
    store::ChargeRequest other = request(key_, limit, now);
    other.key.bytes.at(byte) ^= std::byte{1};
    EXPECT_TRUE(decide(*store_, other).admitted) << "byte " << byte;
    EXPECT_FALSE(decide(*store_, other).admitted) << "byte " << byte;
  }
  EXPECT_FALSE(charge(limit, now).admitted);
}

// A lone client of any store is answered as the pure algorithm answers.
TEST_P(SequentialTest, AnswersALoneClientAsTheAlgorithmDoes) {
  const limit::WindowLimit limit = limit_of(9, seconds(2));
  const limit::Geometry& geometry = limit.geometry;
  limit::WindowState model;
  Time now = start_of_slot(geometry);
  std::vector<Admission> admissions;
  for (int i = 0; i < std::min(GetParam().requests / 10, 4000); ++i) {
    // Mostly a little later, sometimes back, sometimes more than a window on.
    const std::uint64_t kind = rng_.below(20);
    const auto step = static_cast<std::int64_t>(rng_.below(300'000'000));
    now += Duration(kind == 0 ? 10 * step : kind == 1 ? -step : step / 4);
    const auto cost = static_cast<std::int64_t>(1 + rng_.below(4));
    const limit::Charge expected = limit::charge(model.ref(geometry), limit, now, cost);
    const limit::Charge actual = charge(limit, now, cost);
    ASSERT_EQ(actual.admitted, expected.admitted) << "request " << i;
    if (actual.admitted) {
      ASSERT_EQ(actual.slot, expected.slot) << "request " << i;
      ASSERT_EQ(actual.remaining, expected.remaining) << "request " << i;
      if (rng_.below(10) == 0) {
        // The next charge follows before any refusal can have been remembered.
        limit::give_back(model.ref(geometry), geometry, expected.slot, cost);
        ASSERT_TRUE(store_->give_back(request(key_, limit, now, cost), actual.slot).has_value());
      }
    } else {
      ASSERT_EQ(actual.room_at, expected.room_at) << "request " << i;
      now = std::max(now, actual.room_at);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, SequentialTest, testing::ValuesIn(store_kinds()), kind_name);

class EveryAlgorithmTest : public ConformanceTest {};

// Keys of all algorithms at once, under limits and windows that change.
TEST_P(EveryAlgorithmTest, AnswersALoneClientAsThePureFunctionsDo) {
  struct Unused {
    store::ChargeRequest request;
    std::int64_t slot = 0;
  };
  struct Known {
    Key key;
    limit::State model = {};
    std::vector<Unused> unused = {};  // admissions that are given back later
  };
  std::vector<Known> keys;
  for (std::size_t i = 0; i < 4 * kAlgorithms; ++i) keys.push_back({new_key()});
  Time now = start_of_slot(limit::Geometry::for_window(seconds(1)));
  for (int i = 0; i < std::min(GetParam().requests / 10, 20'000); ++i) {
    now += Duration(
        static_cast<std::int64_t>(rng_.below(rng_.below(20) == 0 ? 900'000'000 : 9'000'000)));
    const std::size_t at = rng_.below(keys.size());
    auto& [key, model, unused] = keys[at];
    const store::ChargeRequest asked{.key = key,
                                     .limit = random_limit(rng_, at % kAlgorithms, now),
                                     .cost = static_cast<std::int64_t>(1 + rng_.below(3)),
                                     .subject = rng_.below(9),
                                     .now = now,
                                     .budget = seconds(20)};
    const limit::Ask ask{.now = now, .cost = asked.cost, .subject = asked.subject};
    const limit::Charge expected = limit::charge(model, asked.limit, ask);
    ASSERT_EQ(decide(*store_, asked), expected) << "request " << i;
    if (expected.admitted && rng_.below(3) == 0) unused.push_back({asked, expected.slot});
    if (unused.empty() || rng_.below(4) > 0) continue;
    Unused returned = unused[rng_.below(unused.size())];
    std::erase_if(unused, [&](const Unused& one) { return one.slot == returned.slot; });
    returned.request.now = now;
    limit::give_back(model, returned.request.limit,
                     {now, returned.request.cost, returned.request.subject}, returned.slot);
    ASSERT_TRUE(store_->give_back(returned.request, returned.slot).has_value());
  }
}

class BucketTest : public ConformanceTest {
 protected:
  limit::Charge take(const limit::GcraLimit& limit, Time now, std::int64_t cost) {
    return decide(*store_, asked(limit, now, cost));
  }
  void give_back(const limit::GcraLimit& limit, Time now, const limit::Charge& charge,
                 std::int64_t cost) {
    EXPECT_TRUE(store_->give_back(asked(limit, now, cost), charge.slot).has_value());
  }
  store::ChargeRequest asked(const limit::GcraLimit& limit, Time now, std::int64_t cost) const {
    return {.key = key_, .limit = limit, .cost = cost, .now = now, .budget = seconds(20)};
  }

  Time start_ = start_of_slot(limit::Geometry::for_window(seconds(60)));
};

TEST_P(BucketTest, GivesBackWhatIsStillInIt) {
  const auto limit = limit::GcraLimit::per_window(10, seconds(10), 4);
  const limit::Charge unused = take(limit, start_, 3);
  ASSERT_TRUE(take(limit, start_, 1).admitted);
  give_back(limit, start_, unused, 3);
  EXPECT_TRUE(take(limit, start_, 3).admitted);
  EXPECT_FALSE(take(limit, start_, 1).admitted);
}

TEST_P(BucketTest, GivesBackAgainWhenItHasBeenEmpty) {
  const auto limit = limit::GcraLimit::per_window(10, seconds(10), 4);
  for (int round = 0; round < 4; ++round) {
    const Time now = start_ + round * seconds(10);
    const limit::Charge unused = take(limit, now, 3);
    ASSERT_TRUE(unused.admitted) << "round " << round;
    give_back(limit, now, unused, 3);
    ASSERT_TRUE(take(limit, now, 4).admitted) << "round " << round;
    ASSERT_FALSE(take(limit, now, 1).admitted) << "round " << round;
  }
}

TEST_P(BucketTest, GivesNothingBackThatHasDrainedWhatWasGivenBackMeanwhileLeftOut) {
  const auto limit = limit::GcraLimit::per_window(10, seconds(10), 4);
  const limit::Charge first = take(limit, start_, 1);
  const limit::Charge second = take(limit, start_, 3);
  give_back(limit, start_, first, 1);
  const Time later = start_ + seconds(3);
  ASSERT_TRUE(take(limit, later, 4).admitted);
  give_back(limit, later, second, 3);
  EXPECT_FALSE(take(limit, later, 1).admitted);
}

TEST_P(BucketTest, GivesNothingBackThatMayHaveDrainedAtAnotherRate) {
  const auto slow = limit::GcraLimit::per_window(4, seconds(86'400), 4);
  const auto fast = limit::GcraLimit::per_window(60, seconds(60), 10);
  const limit::Charge before = take(slow, start_, 2);
  ASSERT_TRUE(take(fast, start_, 1).admitted);
  const Time later = start_ + seconds(4);
  ASSERT_TRUE(take(slow, later, 4).admitted);
  give_back(slow, later, before, 2);
  EXPECT_FALSE(take(slow, later, 1).admitted);
}

std::vector<StoreKind> kinds_of_every_algorithm() {
  std::vector<StoreKind> kinds = store_kinds();
  std::erase_if(kinds, [](const StoreKind& kind) { return !kind.every_algorithm; });
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Stores, EveryAlgorithmTest, testing::ValuesIn(kinds_of_every_algorithm()),
                         kind_name);
INSTANTIATE_TEST_SUITE_P(Stores, BucketTest, testing::ValuesIn(kinds_of_every_algorithm()),
                         kind_name);

}  // namespace
}  // namespace weir::test
