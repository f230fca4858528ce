// The store against a real emulator: what it sends, what it does not send, what it admits.
#include "store/dynamodb/dynamodb_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/system_clock.h"
#include "store/dynamodb/table.h"
#include "support/emulator.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DynamoDbStoreTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    emulator_ = new test::Emulator("dynoxide");
    DynamoDbOptions options;
    base::SystemClock clock;
    DynamoDbClient client(options, resolve_target(options, emulator_->environment()).value(),
                          emulator_->environment(),
                          make_http_client(options, emulator_->environment()).value(), clock);
    const Result<TableInfo> table = create_table(client, net::Deadline::in(seconds(20)));
    ASSERT_TRUE(table) << table.error().to_string();
  }
  static void TearDownTestSuite() {
    delete emulator_;
    emulator_ = nullptr;
  }

  std::unique_ptr<DynamoDbStore> open(DynamoDbOptions options = {}) {
    Result<std::unique_ptr<DynamoDbStore>> store =
        open_dynamodb_store(options, emulator_->environment(), clock_, 1);
    EXPECT_TRUE(store);
    const Status ready = (*store)->check(seconds(5));
    EXPECT_TRUE(ready) << ready.error().to_string();
    return std::move(*store);
  }

  // A key that no other test uses.
  static Key fresh_key() {
    Key key;
    base::fill_entropy(key.bytes);
    return key;
  }

  ChargeRequest request(const Key& key, std::int64_t n, Duration window, Time now) {
    return {.key = key,
            .limit = {.n = n, .geometry = limit::Geometry::for_window(window)},
            .cost = 1,
            .now = now,
            .budget = seconds(10)};
  }

  static test::Emulator* emulator_;
  base::SystemClock clock_;
};

test::Emulator* DynamoDbStoreTest::emulator_ = nullptr;

TEST_F(DynamoDbStoreTest, AdmitsTheLimitAndRefusesTheNextWithoutARequest) {
  const auto store = open();
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
  const auto store = open();
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
  const auto one = open();
  const auto other = open();
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
}

TEST_F(DynamoDbStoreTest, ThreadsOfOneProcessDoNotPayForEachOthersRaces) {
  const auto store = open();
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

}  // namespace
}  // namespace weir::store
