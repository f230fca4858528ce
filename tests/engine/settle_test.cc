// Costs that are known only afterwards.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

class SettleTest : public LimiterTest {
 protected:
  Decision estimate(std::int64_t cost) {
    return limiter_->decide({.peer = "203.0.113.7", .cost = cost, .cost_is_estimate = true});
  }
  // What is left under the first rule, after one more request of cost 1.
  std::int64_t left() { return get("203.0.113.7").quotas.at(0).remaining; }
};

TEST_F(SettleTest, WhatWasNotUsedIsGivenBackOnce) {
  start({per_client(100)});
  const Decision decision = estimate(40);
  EXPECT_EQ(decision.quotas[0].remaining, 60);
  EXPECT_EQ(limiter_->settle(decision, 10), 0);
  EXPECT_EQ(left(), 89);
  EXPECT_EQ(limiter_->settle(decision, 0), 0);
  EXPECT_EQ(left(), 88) << "the second time nothing happens";
}

TEST_F(SettleTest, WhatWasUsedBeyondTheEstimateIsCharged) {
  start({per_client(100)});
  EXPECT_EQ(limiter_->settle(estimate(10), 30), 0);
  EXPECT_EQ(left(), 69);
}

TEST_F(SettleTest, NeverMoreThanTheLimitIsChargedAndTheRestIsTold) {
  start({per_client(100)});
  const Decision decision = estimate(10);
  EXPECT_EQ(limiter_->decide({.peer = "203.0.113.7", .cost = 60}).verdict, Verdict::admitted);
  EXPECT_EQ(limiter_->settle(decision, 500), 460);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
}

TEST_F(SettleTest, AnExactEstimateChangesNothing) {
  start({per_client(100)});
  EXPECT_EQ(limiter_->settle(estimate(10), 10), 0);
  EXPECT_EQ(store_->returns, 0);
  EXPECT_EQ(left(), 89);
}

TEST_F(SettleTest, RulesWithACostOfTheirOwnAreNotSettled) {
  policy::Rule fixed = per_client(100);
  fixed.id = "fixed";
  fixed.cost = 5;
  start({per_client(100), fixed});
  const Decision decision = estimate(40);
  EXPECT_EQ(limiter_->settle(decision, 10), 0);
  const Decision next = get("203.0.113.7");
  EXPECT_EQ(next.quotas[0].remaining, 89);
  EXPECT_EQ(next.quotas[1].remaining, 90);
}

TEST_F(SettleTest, EveryAlgorithmThatCountsCostsIsSettled) {
  policy::Rule bucket = per_client(100);
  bucket.algorithm = policy::Algorithm::gcra;
  policy::Rule quota = per_client(100, longest(CalendarUnit::month));
  quota.id = "quota";
  quota.algorithm = policy::Algorithm::fixed_window;
  quota.calendar = CalendarUnit::month;
  start({bucket, quota});
  EXPECT_EQ(limiter_->settle(estimate(50), 20), 0);
  EXPECT_EQ(limiter_->settle(estimate(10), 30), 0);
  const Decision next = get("203.0.113.7");
  EXPECT_EQ(next.quotas[0].remaining, 49);
  EXPECT_EQ(next.quotas[1].remaining, 49);
}

TEST_F(SettleTest, WithoutAStoreWhatWasUsedBeyondStaysUnpaid) {
  start({per_client(100)});
  const Decision decision = estimate(10);
  store_->fail_with(ErrorCode::timeout);
  EXPECT_EQ(limiter_->settle(decision, 30), 20);
}

}  // namespace
}  // namespace weir::engine
