// Whose turn it is to write, and what waiting for one ends in.
#include "store/dynamodb/seen_states.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::store {
namespace {

using std::chrono::seconds;

constexpr Time kNow{seconds(1'800'000'000)};

ChargeRequest request(std::int64_t n) {
  return {.key = {},
          .limit = limit::WindowLimit{.n = n, .geometry = limit::Geometry::for_window(seconds(60))},
          .now = kNow};
}

// What the table holds after `request` was charged to an absent item.
StoredState charged(const ChargeRequest& request) {
  const ConditionalUpdate write =
      write_of(plan_charge(std::nullopt, request), std::nullopt, request, 1);
  return read_state(*apply_update(write, std::nullopt).item).value();
}

TEST(SeenStates, OneChargeOpensAKeyAndTheOthersWaitForWhatItSees) {
  SeenStates seen(64);
  const ChargeRequest one = request(2);
  std::uint64_t change = 0;
  {
    SeenStates::Turn first = seen.begin(one);
    EXPECT_EQ(first.plan().kind, Plan::Kind::open);
    const SeenStates::Turn second = seen.begin(one);
    EXPECT_TRUE(second.must_wait());
    change = second.change();
    EXPECT_EQ(seen.change(one.key), change);
    first.saw(charged(one));
    EXPECT_TRUE(seen.begin(one).must_wait());
  }
  EXPECT_NE(seen.change(one.key), change);
  EXPECT_EQ(seen.begin(one).plan().kind, Plan::Kind::charge);
}

TEST(SeenStates, NoMoreChargesAreUnderWayThanThereIsRoomFor) {
  SeenStates seen(64);
  const ChargeRequest one = request(3);
  seen.begin(one).saw(charged(one));
  const SeenStates::Turn second = seen.begin(one);
  const SeenStates::Turn third = seen.begin(one);
  EXPECT_FALSE(second.must_wait());
  EXPECT_FALSE(third.must_wait());
  EXPECT_TRUE(seen.begin(one).must_wait());
}

TEST(SeenStates, AWaitEndsWithTheTurnThatItWaitsFor) {
  SeenStates seen(64);
  const ChargeRequest one = request(2);
  auto first = std::make_unique<SeenStates::Turn>(seen.begin(one));
  const std::uint64_t change = seen.begin(one).change();
  std::thread other([&] { seen.wait(one.key, change, std::chrono::hours(1)); });
  first.reset();
  other.join();
  seen.wait(one.key, change, std::chrono::hours(1));  // and does not begin when it has ended
}

TEST(SeenStates, AreBelievedOfConcurrencyForAMomentOnly) {
  SeenStates seen(64);
  ChargeRequest one = request(1);
  one.limit = limit::ConcurrencyLimit{.n = 1, .hold = seconds(60)};
  one.subject = 1;
  seen.begin(one).saw(charged(one));
  ChargeRequest other = one;
  other.subject = 2;
  EXPECT_TRUE(seen.known_refusal(other));
  other.now += SeenStates::kBelieveFull;
  EXPECT_EQ(seen.begin(other).plan().kind, Plan::Kind::refuse);
  other.now += Duration(1);
  EXPECT_FALSE(seen.known_refusal(other)) << "another node's request may have finished";
  EXPECT_EQ(seen.begin(other).plan().kind, Plan::Kind::probe);
}

TEST(SeenStates, KeepsAKeyWithATurnUnderWayWhateverElseComes) {
  SeenStates seen(64);  // one key for each of its shards
  const ChargeRequest only = request(1);
  {
    SeenStates::Turn turn = seen.begin(only);
    for (int i = 1; i < 4; ++i) {
      ChargeRequest neighbour = only;  // in the same shard: places are chosen by the first bytes
      neighbour.key.bytes[20] = static_cast<std::byte>(i);
      seen.begin(neighbour);
    }
    turn.saw(charged(only));
  }
  EXPECT_TRUE(seen.known_refusal(only));
}

}  // namespace
}  // namespace weir::store
