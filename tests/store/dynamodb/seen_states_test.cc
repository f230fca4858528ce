// Whose turn it is to write, and what waiting for one ends in.
#include "store/dynamodb/seen_states.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kNow{seconds(1'800'000'000)};

ChargeRequest request(std::int64_t n) {
  return {.key = {},
          .limit = limit::WindowLimit{.n = n, .geometry = limit::Geometry::for_window(seconds(60))},
          .now = kNow};
}

// What the table holds after `request` was charged to an absent item.
StoredState charged(const ChargeRequest& request) {
  const Plan plan = plan_charge(std::nullopt, request);
  StoredState state = plan.after;
  state.version = 1;
  return state;
}

TEST(SeenStates, OneThreadOpensAKeyAndTheOthersWaitForWhatItSees) {
  SeenStates seen(64);
  const ChargeRequest one = request(2);
  std::atomic<bool> has_turn{false};
  std::thread other;
  {
    SeenStates::Turn first = seen.begin(one, net::Deadline::in(seconds(10)));
    EXPECT_EQ(first.plan().kind, Plan::Kind::open);
    other = std::thread([&] {
      const SeenStates::Turn second = seen.begin(one, net::Deadline::in(seconds(60)));
      has_turn = true;
      EXPECT_EQ(second.plan().kind, Plan::Kind::charge);
    });
    EXPECT_TRUE(seen.begin(one, net::Deadline::in(milliseconds(50))).is_timed_out());
    EXPECT_FALSE(has_turn);
    first.saw(charged(one));
  }
  other.join();
  EXPECT_TRUE(has_turn);
}

TEST(SeenStates, AWaitThatEndsWithTheDeadlineStillKnowsWhatWasSeenJustBefore) {
  SeenStates seen(64);
  const ChargeRequest only = request(1);
  SeenStates::Turn first = seen.begin(only, net::Deadline::in(seconds(10)));
  const net::Deadline deadline = net::Deadline::in(seconds(2));
  std::thread other([&] {
    const SeenStates::Turn second = seen.begin(only, deadline);
    EXPECT_FALSE(second.is_timed_out());
    EXPECT_EQ(second.plan().kind, Plan::Kind::refuse);
  });
  // The first turn goes on, so nothing wakes the other thread but its deadline.
  while (deadline.left() > milliseconds(1900)) std::this_thread::yield();
  first.saw(charged(only));
  other.join();
}

TEST(SeenStates, KeepsAKeyWithATurnUnderWayWhateverElseComes) {
  SeenStates seen(64);  // one key for each of its shards
  const ChargeRequest only = request(1);
  {
    SeenStates::Turn turn = seen.begin(only, net::Deadline::in(seconds(10)));
    for (int i = 1; i < 4; ++i) {
      ChargeRequest neighbour = only;  // in the same shard: places are chosen by the first bytes
      neighbour.key.bytes[20] = static_cast<std::byte>(i);
      seen.begin(neighbour, net::Deadline::in(seconds(10)));
    }
    turn.saw(charged(only));
  }
  EXPECT_TRUE(seen.known_refusal(only));
}

}  // namespace
}  // namespace weir::store
