// What is particular to the memory store; tests/conformance has what all stores promise.
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "support/keys.h"
#include "support/limits.h"
#include "support/window_checker.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

std::unique_ptr<MemoryStore> store_of(std::size_t max_keys) {
  auto store = MemoryStore::create({.max_keys = max_keys});
  EXPECT_TRUE(store.has_value());
  return std::move(*store);
}

ChargeRequest request(const Key& key, std::int64_t n, Duration window, Time now,
                      std::int64_t cost = 1) {
  return {.key = key,
          .limit = limit::WindowLimit{n, limit::Geometry::for_window(window)},
          .cost = cost,
          .now = now};
}

bool is_full(const Result<ChargeOutcome>& outcome) {
  return !outcome && outcome.error().code == ErrorCode::limit_exceeded;
}

TEST(MemoryStore, RefusesToBeMadeWithoutKeysOrWithTooMany) {
  EXPECT_FALSE(MemoryStore::create({.max_keys = 0}));
  EXPECT_FALSE(MemoryStore::create({.max_keys = MemoryStore::kMaxKeys + 1}));
  EXPECT_TRUE(MemoryStore::create({.max_keys = MemoryStore::kMaxKeys}));
}

TEST(MemoryStore, AlwaysKnowsWhetherAKeyIsFull) {
  Rng rng(7);
  const auto store = store_of(10);
  const Key key = test::random_key(rng);
  EXPECT_FALSE(store->known_refusal(request(key, 1, seconds(10), kStart)));
  EXPECT_EQ(store->keys(), 0U) << "a question makes no key";
  ASSERT_TRUE(store->charge(request(key, 1, seconds(10), kStart))->charge.admitted);
  const auto refusal = store->known_refusal(request(key, 1, seconds(10), kStart));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->charge.room_at,
            store->charge(request(key, 1, seconds(10), kStart))->charge.room_at);
  EXPECT_FALSE(store->known_refusal(request(key, 2, seconds(10), kStart)));
  EXPECT_TRUE(store->known_refusal(request(key, 1, seconds(20), kStart)))
      << "the charge counts under another window too";
}

TEST(MemoryStore, KeepsExactlyMaxKeysAndAnswersOneMoreWithAnError) {
  for (const std::size_t max_keys : {std::size_t{1}, std::size_t{7}, std::size_t{20'000}}) {
    Rng rng(max_keys);
    const auto store = store_of(max_keys);
    std::vector<Key> keys;
    for (std::size_t i = 0; i < max_keys; ++i) {
      keys.push_back(test::random_key(rng));
      ASSERT_TRUE(store->charge(request(keys.back(), 2, seconds(10), kStart))->charge.admitted);
    }
    EXPECT_EQ(store->keys(), max_keys);
    const Key stranger = test::random_key(rng);
    EXPECT_TRUE(is_full(store->charge(request(stranger, 2, seconds(10), kStart))));
    // Nobody's counts were touched by that.
    for (const Key& key : keys) {
      ASSERT_TRUE(store->charge(request(key, 2, seconds(10), kStart))->charge.admitted);
      ASSERT_FALSE(store->charge(request(key, 2, seconds(10), kStart))->charge.admitted);
    }
  }
}

TEST(MemoryStore, PutsANewKeyInThePlaceOfADeadOneAndNotANanosecondEarlier) {
  Rng rng(3);
  const auto store = store_of(100);
  const Key live = test::random_key(rng);
  for (int i = 0; i < 99; ++i) {
    ASSERT_TRUE(store->charge(request(test::random_key(rng), 1, seconds(10), kStart)));
  }
  ASSERT_TRUE(store->charge(request(live, 1, seconds(10), kStart + seconds(5))));
  const auto geometry = limit::Geometry::for_window(seconds(10));
  const Time dead = geometry.slot_start(geometry.slot_of(kStart) + geometry.slots() + 1);
  const Time almost = dead - Duration(1);
  EXPECT_TRUE(is_full(store->charge(request(test::random_key(rng), 1, seconds(10), almost))));
  for (int i = 0; i < 99; ++i) {
    ASSERT_TRUE(store->charge(request(test::random_key(rng), 1, seconds(10), dead)));
  }
  EXPECT_TRUE(is_full(store->charge(request(test::random_key(rng), 1, seconds(10), dead))));
  EXPECT_FALSE(store->charge(request(live, 1, seconds(10), dead))->charge.admitted);
  EXPECT_EQ(store->keys(), 100u);
}

TEST(MemoryStore, PutsANewKeyInThePlaceOfOneThatGaveEverythingBack) {
  Rng rng(4);
  const auto store = store_of(1);
  const ChargeRequest first = request(test::random_key(rng), 5, seconds(10), kStart);
  const ChargeRequest second = request(test::random_key(rng), 5, seconds(10), kStart);
  const auto charged = store->charge(first);
  ASSERT_TRUE(charged);
  EXPECT_TRUE(is_full(store->charge(second)));
  ASSERT_TRUE(store->give_back(first, charged->charge.slot));
  EXPECT_TRUE(store->charge(second));
  EXPECT_TRUE(is_full(store->charge(first)));
}

// Two shards, told apart by the key's lowest bit: what one of them learned about its keys' ends of
// life must not hide a key that took the place of one in the other.
TEST(MemoryStore, FindsAShortLivedKeyThatTookAPlaceInAnotherShard) {
  constexpr std::size_t kMaxKeys = 8192;
  Rng rng(8);
  const auto store = store_of(kMaxKeys);
  const auto key_in = [&](int shard) {
    Key key = test::random_key(rng);
    key.bytes[0] = (key.bytes[0] & std::byte{0xFE}) | std::byte(shard);
    return key;
  };
  const ChargeRequest first = request(key_in(0), 1, seconds(60), kStart);
  const auto charged = store->charge(first);
  ASSERT_TRUE(charged);
  for (std::size_t i = 1; i < kMaxKeys; ++i) {
    ASSERT_TRUE(store->charge(request(key_in(i % 2 == 0 ? 0 : 1), 1, seconds(60), kStart)));
  }
  ASSERT_TRUE(is_full(store->charge(request(key_in(1), 1, seconds(1), kStart))));
  ASSERT_TRUE(store->give_back(first, charged->charge.slot));
  ASSERT_TRUE(store->charge(request(key_in(1), 1, seconds(1), kStart)));
  EXPECT_TRUE(is_full(store->charge(request(key_in(0), 1, seconds(1), kStart))));
  EXPECT_TRUE(store->charge(request(key_in(0), 1, seconds(1), kStart + seconds(2))));
}

TEST(MemoryStore, KeepsNoRecordForACostThatNeverFits) {
  Rng rng(5);
  const auto store = store_of(1);
  const auto outcome = store->charge(request(test::random_key(rng), 5, seconds(10), kStart, 6));
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->charge.admitted);
  EXPECT_EQ(store->keys(), 0u);
}

// A charge under one geometry has no slot under another: giving it back there must not take what
// somebody else was charged.
TEST(MemoryStore, IgnoresAGiveBackUnderAnotherGeometry) {
  Rng rng(6);
  const auto store = store_of(10);
  const Key key = test::random_key(rng);
  const auto charged = store->charge(request(key, 1, seconds(10), kStart));
  ASSERT_TRUE(charged);
  ASSERT_TRUE(store->give_back(request(key, 1, seconds(20), kStart), charged->charge.slot));
  EXPECT_FALSE(store->charge(request(key, 1, seconds(10), kStart))->charge.admitted);
}

// The oracle: a map without bounds that forgets nothing. Every algorithm, many more keys than fit,
// limits and windows that change, costs and give-backs.
TEST(MemoryStore, DecidesAsAnUnboundedMapDoesAndIsFullOnlyOfLiveKeys) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    const std::size_t max_keys = 1 + rng.below(60);
    const auto store = store_of(max_keys);
    std::vector<Key> keys;
    for (std::size_t i = 0; i < 3 * max_keys; ++i) keys.push_back(test::random_key(rng));
    std::map<Key, limit::State> oracle;
    const bool windows_only = seed % 2 == 0;
    const auto live_until = [&](const limit::State& state) {
      const Time end = limit::end_of_life(state);
      const bool is_kept_longer = std::holds_alternative<limit::GcraState>(state) ||
                                  std::holds_alternative<limit::FixedWindowState>(state);
      return is_kept_longer && end != Time::min() ? end + Record::kKeptForLaggingClocks : end;
    };
    Time now = kStart;
    int full = 0;
    for (int i = 0; i < 20'000; ++i) {
      now += Duration(static_cast<std::int64_t>(rng.below(40'000'000)));
      if (rng.below(50) == 0) now += milliseconds(rng.below(5000));
      const Key& key = keys[rng.below(keys.size())];
      // A key keeps its algorithm.
      const std::size_t algorithm =
          windows_only ? 0 : std::to_integer<std::size_t>(key.bytes[0]) % test::kAlgorithms;
      const ChargeRequest asked{
          .key = key,
          .limit = test::random_limit(rng, algorithm, now),
          .cost = static_cast<std::int64_t>(1 + rng.below(rng.below(3) == 0 ? 300 : 2)),
          .subject = rng.below(6),
          .now = now};
      const auto outcome = store->charge(asked);
      if (is_full(outcome)) {
        ++full;
        const auto live = std::count_if(oracle.begin(), oracle.end(), [&](const auto& entry) {
          return live_until(entry.second) > now;
        });
        ASSERT_GE(static_cast<std::size_t>(live), max_keys) << "seed " << seed << ", request " << i;
        continue;
      }
      ASSERT_TRUE(outcome);
      limit::State& state = oracle[key];
      const limit::Ask ask{.now = now, .cost = asked.cost, .subject = asked.subject};
      const limit::Charge expected = limit::charge(state, asked.limit, ask);
      ASSERT_EQ(outcome->charge, expected) << "seed " << seed << ", request " << i;
      ASSERT_LE(store->keys(), max_keys);
      if (expected.admitted && rng.below(4) == 0) {
        limit::give_back(state, asked.limit, ask, expected.slot);
        ASSERT_TRUE(store->give_back(asked, expected.slot));
      }
    }
    EXPECT_GT(full, 0) << "the bound was never met: seed " << seed;
  }
}

// A dead key is forgotten by whichever clock is ahead, and then charged by one that lags.
TEST(MemoryStore, KeepsThePromiseInRealTimeWhenSkewedClocksForgetDeadKeys) {
  constexpr std::int64_t kLimit = 3;
  constexpr Duration kWindow = milliseconds(200), kSkew = milliseconds(150);
  const limit::WindowLimit limit{kLimit, limit::Geometry::for_window(kWindow, kSkew)};
  Rng rng(9);
  const auto store = store_of(4);
  std::vector<Key> keys;
  for (int i = 0; i < 16; ++i) keys.push_back(test::random_key(rng));
  std::map<Key, std::vector<test::Admission>> admitted;
  Time now = kStart;
  for (int i = 0; i < 40'000; ++i) {
    now += Duration(static_cast<std::int64_t>(rng.below(4'000'000)));
    const Duration error(static_cast<std::int64_t>(rng.below(300'000'001)) - kSkew.count());
    const Key& key = keys[rng.below(keys.size())];
    const auto outcome = store->charge({.key = key, .limit = limit, .now = now + error});
    if (outcome && outcome->charge.admitted) admitted[key].push_back({now});
  }
  EXPECT_EQ(admitted.size(), keys.size());
  for (const auto& [key, history] : admitted) {
    ASSERT_LE(test::fullest_window(history, kWindow).admitted, kLimit);
  }
}

// An attacker makes up keys as fast as he can, on several threads, while N of a few keys are in
// use: not one of them gets a fresh window out of it.
TEST(MemoryStore, ForgetsNoLiveKeyUnderAFloodOfNewOnes) {
  constexpr std::int64_t kLimit = 3;
  const auto store = store_of(20'000);
  Rng rng(7);
  std::vector<Key> victims;
  for (int i = 0; i < 50; ++i) victims.push_back(test::random_key(rng));
  std::vector<std::atomic<std::int64_t>> admitted(victims.size());
  std::atomic<std::int64_t> floods_refused = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      Rng own(100 + thread);
      Time now = kStart;
      for (int i = 0; i < 20'000; ++i) {
        // Time goes on so slowly that the flood's keys, of a second, outrun their end of life.
        if (own.below(20) == 0) now += milliseconds(1);
        if (is_full(store->charge(request(test::random_key(own), 1, milliseconds(1000), now)))) {
          ++floods_refused;
        }
        const std::size_t victim = own.below(victims.size());
        const auto outcome = store->charge(request(victims[victim], kLimit, seconds(60), now));
        if (outcome && outcome->charge.admitted) ++admitted[victim];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(floods_refused, 0);
  for (const auto& count : admitted) EXPECT_LE(count, kLimit);
}

}  // namespace
}  // namespace weir::store
