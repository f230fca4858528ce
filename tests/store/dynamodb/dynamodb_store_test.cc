// The store against a real emulator: what it sends, what it does not send, what it admits.
#include "store/dynamodb/dynamodb_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "store/dynamodb/emulator_fixture.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DynamoDbStoreTest : public EmulatorTest {
 protected:
  // Past its first check, so that counts are those of the charges.
  std::unique_ptr<DynamoDbStore> open_checked() {
    auto store = open();
    const Status ready = store->check(seconds(5));
    EXPECT_TRUE(ready) << ready.error().to_string();
    return store;
  }
};

TEST_F(DynamoDbStoreTest, AdmitsTheLimitAndRefusesTheNextWithoutARequest) {
  const auto store = open_checked();
  const Key key = fresh_key();
  const Time start = clock_.now();
  for (int i = 0; i < 5; ++i) {
    const auto outcome = store->charge(request(key, 5, seconds(60), start));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_TRUE(outcome->charge.admitted);
    EXPECT_EQ(outcome->charge.remaining, 4 - i);
  }
  const auto before = store->counts();
  for (int i = 0; i < 1000; ++i) {
    const auto outcome = store->charge(request(key, 5, seconds(60), start + milliseconds(i)));
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->charge.admitted);
    EXPECT_TRUE(outcome->local);
  }
  const auto after = store->counts();
  EXPECT_EQ(after.requests, before.requests);
  EXPECT_EQ(after.write_units, before.write_units);
}

TEST_F(DynamoDbStoreTest, PaysOneWriteUnitForEachAdmission) {
  const auto store = open_checked();
  const Key key = fresh_key();
  const auto before = store->counts();
  Time now = clock_.now();
  for (int i = 0; i < 200; ++i) {
    const auto outcome = store->charge(request(key, 1000, seconds(10), now));
    ASSERT_TRUE(outcome && outcome->charge.admitted);
    now += milliseconds(37);  // through charges, rolls and slots that run out
  }
  const auto after = store->counts();
  EXPECT_EQ(after.requests - before.requests, 200u);
  EXPECT_EQ(after.write_units - before.write_units, 200.0);
  EXPECT_EQ(after.failed_conditions, before.failed_conditions);
}

TEST_F(DynamoDbStoreTest, LearnsFromOneRefusedWriteWhatAnotherNodeUsedUp) {
  const auto one = open_checked();
  const auto other = open_checked();
  const Key key = fresh_key();
  const Time now = clock_.now();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(one->charge(request(key, 3, seconds(60), now)));
  const auto before = other->counts();
  for (int i = 0; i < 10; ++i) {
    const auto outcome = other->charge(request(key, 3, seconds(60), now));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_FALSE(outcome->charge.admitted);
    EXPECT_EQ(outcome->local, i > 0);
  }
  EXPECT_EQ(other->counts().requests - before.requests, 1u);
  EXPECT_EQ(other->counts().write_units - before.write_units, 1.0)
      << "a failed condition is billed";
}

TEST_F(DynamoDbStoreTest, KnowsTheRoomThatItHasGivenBack) {
  const auto store = open_checked();
  const Key key = fresh_key();
  const auto first = store->charge(request(key, 1));
  ASSERT_TRUE(first && first->charge.admitted);
  ASSERT_TRUE(store->known_refusal(request(key, 1)));
  ASSERT_TRUE(store->give_back(request(key, 1), first->charge.slot));
  const auto again = store->charge(request(key, 1));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->charge.admitted);
}

TEST_F(DynamoDbStoreTest, ThreadsOfOneProcessDoNotPayForEachOthersRaces) {
  const auto store = open_checked();
  const Key key = fresh_key();
  const Time now = clock_.now();
  const auto before = store->counts();
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 25; ++j) {
        const auto outcome = store->charge(request(key, 40, seconds(60), now));
        ASSERT_TRUE(outcome) << outcome.error().to_string();
        admitted += outcome->charge.admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 40);
  const auto after = store->counts();
  EXPECT_EQ(after.write_units - before.write_units, 40.0);
  EXPECT_EQ(after.failed_conditions, before.failed_conditions);
}

TEST_F(DynamoDbStoreTest, KeepsItsMemoryBounded) {
  DynamoDbOptions options;
  options.max_seen_keys = 64;  // one for each of its shards
  const auto store = open(options);
  const Key first = fresh_key();
  ASSERT_TRUE(store->charge(request(first, 1)));
  EXPECT_TRUE(store->known_refusal(request(first, 1)));
  for (int i = 1; i < 4; ++i) {
    Key neighbour = first;  // in the same shard: places are chosen by the first bytes
    neighbour.bytes[20] ^= static_cast<std::byte>(i);
    const auto outcome = store->charge(request(neighbour, 1));
    ASSERT_TRUE(outcome && outcome->charge.admitted);
  }
  EXPECT_FALSE(store->known_refusal(request(first, 1)));
  // Forgetting costs a write, never an admission.
  const auto refused = store->charge(request(first, 1));
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->charge.admitted);
}

TEST_F(DynamoDbStoreTest, TakesAnItemThatTtlHasNotYetDeletedForAbsent) {
  const auto one = open_checked();
  const auto other = open_checked();
  const Key key = fresh_key();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(one->charge(request(key, 5, seconds(1), start_ + milliseconds(100 * i))));
  }
  // `other` has never seen the key; the item is there with five slots of another time.
  const Time later = start_ + seconds(3600);
  const auto before = other->counts();
  for (int i = 0; i < 5; ++i) {
    const auto outcome = other->charge(request(key, 5, seconds(1), later));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_TRUE(outcome->charge.admitted);
    EXPECT_EQ(outcome->charge.remaining, 4 - i);
  }
  EXPECT_EQ(other->counts().write_units - before.write_units, 5.0);
}

TEST_F(DynamoDbStoreTest, NeverTakesALiveItemOfAnotherGeometryForAnExpiredOne) {
  // Slots of a minute have small numbers, slots of 100 ms large ones: to a node that compared them
  // as they are, the item of a long window would look long expired.
  const auto one = open();
  const auto other = open();
  const Key key = fresh_key();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(one->charge(request(key, 5, std::chrono::hours(1), start_)));
  }
  const auto outcome = other->charge(request(key, 5, seconds(1), start_));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_FALSE(outcome->charge.admitted);
}

TEST_F(DynamoDbStoreTest, SurvivesTheTableBeingMadeAnewUnderIt) {
  const auto store = open();
  const Key key = fresh_key();
  ASSERT_TRUE(store->charge(request(key, 5, seconds(10), start_)));
  ASSERT_TRUE(store->charge(request(key, 5, seconds(10), start_)));
  const auto client = make_client({}, emulator().environment(), clock_);
  const net::Deadline deadline = net::Deadline::in(seconds(20));
  ASSERT_EQ(client->call("DeleteTable", R"({"TableName":"weir"})", deadline).fate, Fate::done);
  ASSERT_TRUE(create_table(*client, deadline));
  const auto outcome = store->charge(request(key, 5, seconds(10), start_ + seconds(2)));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome->charge.admitted);
}

// As two processes that were started apart: only the table in memory is the same.
TEST_F(DynamoDbStoreTest, HandsOutWhatAnotherProcessOfTheMachineHasPaidFor) {
  DynamoDbOptions leasing;
  leasing.leases = true;
  const auto one = open(leasing);
  const auto other = open(leasing);
  const Key key = fresh_key();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(one->charge(request(key, 1'000))->charge.admitted);
  ASSERT_TRUE(other->check(seconds(5)));
  const auto outcome = other->charge(request(key, 1'000));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome->charge.admitted);
  EXPECT_EQ(other->counts().admitted_leased, 1);
}

TEST_F(DynamoDbStoreTest, RefusesWhatAnotherProcessOfTheMachineWasRefused) {
  DynamoDbOptions leasing;
  leasing.leases = true;
  const auto one = open(leasing);
  const auto other = open(leasing);
  const auto third = open();
  const Key key = fresh_key();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(third->charge(request(key, 5))->charge.admitted);
  const auto refused = one->charge(request(key, 5));
  ASSERT_FALSE(refused->charge.admitted);
  EXPECT_EQ(one->counts().refused_by_store, 1);
  ASSERT_TRUE(other->check(seconds(5)));
  const auto outcome = other->charge(request(key, 5));
  EXPECT_FALSE(outcome->charge.admitted);
  EXPECT_EQ(outcome->charge.room_at, refused->charge.room_at);
  EXPECT_EQ(other->counts().refused_by_store, 0);
  EXPECT_EQ(other->counts().refused_locally, 1);
  // Of a cost that may fit, it says nothing; and when there is room again, everybody asks.
  EXPECT_TRUE(
      other->charge(request(key, 5, seconds(60), refused->charge.room_at))->charge.admitted);
}

TEST_F(DynamoDbStoreTest, WorksInAForkedChildAndInItsParent) {
  const auto store = open();
  const Key key = fresh_key();
  ASSERT_TRUE(store->charge(request(key, 3)));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto outcome = store->charge(request(key, 3));
    ::_exit(outcome && outcome->charge.admitted ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(store->charge(request(key, 3))->charge.admitted);
  EXPECT_FALSE(store->charge(request(key, 3))->charge.admitted);
}

}  // namespace
}  // namespace weir::store
