// One charge as a state machine, against a table in memory that does what the test says.
#include "store/dynamodb/charging.h"

#include <gtest/gtest.h>

namespace weir::store {
namespace {

using std::chrono::seconds;
using Fate = WriteAnswer::Fate;
using Step = Charging::Step;

constexpr Time kNow{seconds(1'800'000'000)};

class ChargingTest : public testing::Test {
 protected:
  static ChargeRequest request(std::int64_t n, std::int64_t cost = 1) {
    return {
        .key = {},
        .limit = limit::WindowLimit{.n = n, .geometry = limit::Geometry::for_window(seconds(60))},
        .cost = cost,
        .now = kNow};
  }

  // What the table makes of the write, as an answer that arrives.
  WriteAnswer carry_out(const ConditionalUpdate& write) {
    UpdateResult result = apply_update(write, item_);
    item_ = result.item;
    WriteAnswer answer{.fate = result.done ? Fate::applied : Fate::stopped};
    if (result.item) answer.state = read_state(*result.item).value();
    return answer;
  }
  static WriteAnswer lost() {
    return {.fate = Fate::unknown, .error = {ErrorCode::timeout, "no answer", "", true}};
  }
  static WriteAnswer throttled() {
    return {.fate = Fate::put_off, .error = {ErrorCode::throttled, "slower", "", true}};
  }

  // A whole charge whose answers all arrive, by another node.
  bool charge_elsewhere(const ChargeRequest& request) {
    SeenStates seen(64);
    Charging charging(seen, ids_, request);
    Step step = charging.next();
    while (step == Step::send) step = charging.answered(carry_out(charging.write()));
    EXPECT_EQ(step, Step::decided);
    return charging.outcome().charge.admitted;
  }
  std::int64_t total() const { return item_ ? item_->get_or("t", 0) : 0; }

  std::optional<Item> item_;
  SeenStates seen_{64};
  WriteIds ids_{1};
};

TEST_F(ChargingTest, AdmitsAfterOneWrite) {
  const ChargeRequest one = request(3);
  Charging charging(seen_, ids_, one);
  ASSERT_EQ(charging.next(), Step::send);
  ASSERT_EQ(charging.answered(carry_out(charging.write())), Step::decided);
  EXPECT_TRUE(charging.outcome().charge.admitted);
  EXPECT_EQ(charging.outcome().charge.remaining, 2);
  EXPECT_EQ(total(), 1);
}

TEST_F(ChargingTest, WhoseAnswerIsLostIsKnownExactlyWhenItIsSentAgain) {
  for (int life = 0; life < 3; ++life) {  // as open, as charge, and as roll
    ChargeRequest one = request(10);
    one.now += seconds(life == 2 ? 5 : 0);
    Charging charging(seen_, ids_, one);
    ASSERT_EQ(charging.next(), Step::send);
    carry_out(charging.write());
    ASSERT_EQ(charging.answered(lost()), Step::send);
    const WriteAnswer again = carry_out(charging.write());
    EXPECT_EQ(again.fate, Fate::stopped) << "not applied on top of itself";
    ASSERT_EQ(charging.answered(again), Step::decided);
    EXPECT_TRUE(charging.outcome().charge.admitted);
    EXPECT_EQ(total(), life + 1) << "charged once";
  }
}

TEST_F(ChargingTest, ThatNeverArrivedIsMadeByTheRepeat) {
  const ChargeRequest one = request(3);
  Charging charging(seen_, ids_, one);
  ASSERT_EQ(charging.next(), Step::send);
  ASSERT_EQ(charging.answered(lost()), Step::send);
  ASSERT_EQ(charging.answered(carry_out(charging.write())), Step::decided);
  EXPECT_TRUE(charging.outcome().charge.admitted);
  EXPECT_EQ(total(), 1);
}

TEST_F(ChargingTest, CountsAsAppliedAndIsNotUsedWhenAnotherNodeWroteInBetween) {
  const ChargeRequest one = request(2);
  ASSERT_TRUE(charge_elsewhere(one));
  Charging charging(seen_, ids_, one);
  ASSERT_EQ(charging.next(), Step::send);
  ASSERT_EQ(charging.answered(carry_out(charging.write())), Step::send) << "it meets the item";
  carry_out(charging.write());
  ASSERT_EQ(charging.answered(lost()), Step::send);
  EXPECT_FALSE(charge_elsewhere(one));
  const auto taken_back = give_back_write(one, one.now.time_since_epoch() / seconds(1), 7);
  ASSERT_TRUE(carry_out(*taken_back).fate == Fate::applied);
  ASSERT_TRUE(charge_elsewhere(one));
  ASSERT_EQ(charging.answered(carry_out(charging.write())), Step::failed);
  EXPECT_EQ(charging.error().code, ErrorCode::timeout) << "the error of the write that was lost";
}

TEST_F(ChargingTest, IsSentAgainOnlyOnce) {
  const ChargeRequest one = request(3);
  Charging charging(seen_, ids_, one);
  ASSERT_EQ(charging.next(), Step::send);
  EXPECT_TRUE(charging.may_repeat());
  ASSERT_EQ(charging.answered(lost()), Step::send);
  EXPECT_FALSE(charging.may_repeat());
  EXPECT_EQ(charging.answered(lost()), Step::failed);
}

TEST_F(ChargingTest, WhoseRepeatIsThrottledStaysUnknown) {
  const ChargeRequest one = request(3);
  Charging charging(seen_, ids_, one);
  ASSERT_EQ(charging.next(), Step::send);
  ASSERT_EQ(charging.answered(lost()), Step::send);
  ASSERT_EQ(charging.answered(throttled()), Step::failed);
  EXPECT_EQ(charging.error().code, ErrorCode::timeout);
}

TEST_F(ChargingTest, PausesLongerEachTimeItIsThrottledAndThenGivesUp) {
  const ChargeRequest one = request(3);
  Charging charging(seen_, ids_, one);
  Duration last{};
  for (int trip = 1; trip < Charging::kMaxRoundTrips; ++trip) {
    ASSERT_EQ(charging.next(), Step::send);
    ASSERT_EQ(charging.answered(throttled()), Step::pause);
    EXPECT_GT(charging.pause(), last);
    last = charging.pause();
    // Meanwhile others have their turn.
    EXPECT_FALSE(seen_.begin(one).must_wait());
  }
  ASSERT_EQ(charging.next(), Step::send);
  EXPECT_EQ(charging.answered(throttled()), Step::failed);
  EXPECT_EQ(charging.error().code, ErrorCode::throttled);
}

TEST_F(ChargingTest, EndsAfterItsRoundTripsWhenTheKeyChangesUnderEachOfThem) {
  const ChargeRequest one = request(30);
  Charging charging(seen_, ids_, one);
  Step step = charging.next();
  int trips = 0;
  ChargeRequest other = one;
  while (step == Step::send) {
    ++trips;
    other.now += seconds(1);
    ASSERT_TRUE(charge_elsewhere(other));
    step = charging.answered(carry_out(charging.write()));
  }
  EXPECT_EQ(step, Step::failed);
  EXPECT_EQ(trips, Charging::kMaxRoundTrips);
}

TEST_F(ChargingTest, WaitsForTheTurnOfAnother) {
  const ChargeRequest one = request(1);
  Charging first(seen_, ids_, one);
  Charging second(seen_, ids_, one);
  ASSERT_EQ(first.next(), Step::send);
  ASSERT_EQ(second.next(), Step::wait);
  EXPECT_EQ(second.change(), seen_.change(one.key));
  ASSERT_EQ(first.answered(carry_out(first.write())), Step::decided);
  EXPECT_NE(second.change(), seen_.change(one.key));
  ASSERT_EQ(second.next(), Step::decided);
  EXPECT_FALSE(second.outcome().charge.admitted);
  EXPECT_TRUE(second.outcome().local);
}

TEST(WriteIds, AreNeverTheSameTwiceAndNeverThoseOfAnotherNode) {
  WriteIds one(1), other(2);
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back(one.next());
    ids.push_back(other.next());
  }
  one.renew(3);
  for (int i = 0; i < 1000; ++i) ids.push_back(one.next());
  std::sort(ids.begin(), ids.end());
  EXPECT_GT(ids.front(), 0);
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

}  // namespace
}  // namespace weir::store
