// What happens while the store cannot decide.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

policy::Rule with(policy::Rule rule, policy::OnStoreFailure choice, double share = 0.1) {
  rule.on_store_failure = choice;
  rule.local_share = share;
  return rule;
}

TEST_F(LimiterTest, TheFirstDecisionChecksTheStoreBeforeItsOwnBudgetBegins) {
  start({per_client(10)});
  store_->on_check([&] { clock_.advance(1s); });
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(get("203.0.113.7").degraded);
  EXPECT_EQ(store_->checks, 1);
  EXPECT_EQ(store_->last_check_budget, Limiter::kStartBudget);
  EXPECT_EQ(store_->budgets, (std::vector<Duration>{250ms, 250ms, 250ms}));
  EXPECT_EQ(store_->charged_at, std::vector<Time>(3, kStart + 1s)) << "the time after the check";
}

TEST_F(LimiterTest, AStoreThatIsNotReadyAtTheStartIsToldAndTheFailurePolicyDecides) {
  start({with(per_client(1000), policy::OnStoreFailure::allow)});
  store_->fail_with(ErrorCode::not_found);
  EXPECT_TRUE(get("203.0.113.7").degraded);
  EXPECT_EQ(store_->checks, 1);
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].message, "the failing store cannot decide: the line is cut");
  store_->mend();
  EXPECT_FALSE(get("203.0.113.7").degraded);
}

TEST_F(LimiterTest, SaysOnRequestWhetherTheStoreIsReady) {
  start({per_client(10)});
  EXPECT_TRUE(limiter_->check_store());
  store_->fail_with(ErrorCode::not_found);
  const Status status = limiter_->check_store();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "the line is cut");
  EXPECT_EQ(events_.size(), 1U);
}

TEST_F(LimiterTest, LocalAdmitsTheShareAndThenAnswersUnavailableNeverRefused) {
  start({with(per_client(50), policy::OnStoreFailure::local, 0.1)});
  store_->fail_with(ErrorCode::timeout);
  for (int i = 0; i < 5; ++i) {
    const Decision decision = get("203.0.113.7");
    EXPECT_EQ(decision.verdict, Verdict::admitted);
    EXPECT_TRUE(decision.degraded);
    EXPECT_TRUE(decision.quotas.empty()) << "nobody knows what is left";
  }
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::unavailable);
  EXPECT_TRUE(decision.degraded);
  EXPECT_EQ(decision.rule, "per-client");
  EXPECT_GT(decision.retry_after, 10s);
  EXPECT_EQ(decision.reason,
            "rule 'per-client': the store cannot decide, and this process has used up the share "
            "that it may admit alone");
}

TEST_F(LimiterTest, TheSmallestShareIsOneAdmission) {
  start({with(per_client(3), policy::OnStoreFailure::local, 0.1)});
  store_->fail_with(ErrorCode::unavailable);
  EXPECT_EQ(admitted(10, [&] { return get("203.0.113.7"); }), 1);
}

TEST_F(LimiterTest, DenyAnswersUnavailable) {
  start({with(per_client(50), policy::OnStoreFailure::deny)});
  store_->fail_with(ErrorCode::timeout);
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::unavailable);
  EXPECT_EQ(decision.retry_after, 1s);
  EXPECT_EQ(decision.reason, "rule 'per-client': the store cannot decide");
}

TEST_F(LimiterTest, LeasedAdmitsWhatIsPaidForAndThenAnswersUnavailable) {
  start({with(per_client(50), policy::OnStoreFailure::leased)});
  store_->fail_with(ErrorCode::timeout);
  store_->paid = 7;
  // The breaker opens meanwhile: what is paid for is good whether the store is asked or not.
  EXPECT_EQ(admitted(20, [&] { return get("203.0.113.7"); }), 7);
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::unavailable);
  EXPECT_TRUE(decision.degraded);
}

TEST_F(LimiterTest, AllowAdmitsAndSaysThatItWasNotTheStore) {
  start({with(per_client(1), policy::OnStoreFailure::allow)});
  store_->fail_with(ErrorCode::timeout);
  EXPECT_EQ(admitted(20, [&] { return get("203.0.113.7"); }), 20);
  EXPECT_TRUE(get("203.0.113.7").degraded);
}

TEST_F(LimiterTest, WhatWasChargedBeforeAnUndecidedRuleIsGivenBack) {
  start({with(per_client(10), policy::OnStoreFailure::deny),
         with(everybody(10), policy::OnStoreFailure::deny)});
  EXPECT_EQ(get("203.0.113.7").quotas[0].remaining, 9);
  store_->fail_with(ErrorCode::timeout, 1);
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::unavailable);
  EXPECT_EQ(decision.rule, "everybody");
  EXPECT_EQ(store_->returns, 1);
  ASSERT_EQ(decision.quotas.size(), 1U);
  EXPECT_EQ(decision.quotas[0].remaining, 9);
}

TEST_F(LimiterTest, ADeadStoreIsAskedFiveTimesAndThenOnceAPause) {
  start({with(per_client(1000), policy::OnStoreFailure::allow)});
  store_->fail_with(ErrorCode::timeout);
  for (int i = 0; i < 100; ++i) get("203.0.113.7");
  EXPECT_EQ(store_->checks + store_->charges, 5);
  clock_.advance(1s);
  for (int i = 0; i < 100; ++i) get("203.0.113.7");
  EXPECT_EQ(store_->checks + store_->charges, 6) << "one probe after the first pause";
  clock_.advance(1s);
  for (int i = 0; i < 100; ++i) get("203.0.113.7");
  EXPECT_EQ(store_->checks + store_->charges, 6) << "the second pause is longer";
  clock_.advance(1s);
  store_->mend();
  EXPECT_FALSE(get("203.0.113.7").degraded);
  EXPECT_FALSE(get("203.0.113.7").degraded) << "one success closes the breaker";
}

TEST_F(LimiterTest, ThrottledOrOverfullKeysDoNotOpenTheBreakerForOthers) {
  for (const ErrorCode code : {ErrorCode::throttled, ErrorCode::limit_exceeded}) {
    start({with(per_client(1000), policy::OnStoreFailure::allow)});
    store_->fail_with(code);
    for (int i = 0; i < 100; ++i) get("203.0.113.7");
    EXPECT_EQ(store_->charges, 100);
  }
}

TEST_F(LimiterTest, TheOperatorHearsOfAnOutageOnceAndOfItsEndOnce) {
  start({with(per_client(1000), policy::OnStoreFailure::allow)});
  get("203.0.113.7");
  EXPECT_TRUE(events_.empty());
  store_->fail_with(ErrorCode::timeout);
  for (int i = 0; i < 100; ++i) get("203.0.113.7");
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].kind, Event::Kind::store_failing);
  EXPECT_EQ(events_[0].message, "the failing store cannot decide: the line is cut");
  store_->mend();
  clock_.advance(1s);
  get("203.0.113.7");
  EXPECT_EQ(events_.size(), 1U) << "one success is no recovery yet";
  clock_.advance(4s);
  get("203.0.113.7");
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_EQ(events_[1].kind, Event::Kind::store_recovered);
  EXPECT_EQ(events_[1].message, "the failing store decides again, after 5 failed calls");
  get("203.0.113.7");
  EXPECT_EQ(events_.size(), 2U);
}

TEST_F(LimiterTest, AllCallsOfOneDecisionShareOneBudget) {
  start({with(per_client(10), policy::OnStoreFailure::deny),
         with(everybody(10), policy::OnStoreFailure::deny),
         with({.id = "third", .key = {policy::KeyPart::route}, .limit = {10, 10s}},
              policy::OnStoreFailure::deny)});
  store_->on_charge([&] { clock_.advance(125ms); });
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(store_->budgets, (std::vector<Duration>{250ms, 125ms}));
  EXPECT_EQ(decision.verdict, Verdict::unavailable) << "nothing was left for the third";
}

TEST_F(LimiterTest, TheBudgetIsThePolicys) {
  policy_.store = policy::DynamoDbStore{.table = "weir", .budget = 2s};
  policy_.pepper = "0123456789abcdef";
  start({per_client(10)});
  get("203.0.113.7");
  EXPECT_EQ(store_->budgets, (std::vector<Duration>{2s}));
}

TEST_F(LimiterTest, AnAnswerWhileTheStoreIsNotAskedSaysWhenItWillBe) {
  start({with(per_client(1000), policy::OnStoreFailure::deny)});
  store_->fail_with(ErrorCode::timeout);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get("203.0.113.7").retry_after, 1s);
  clock_.advance(1s);
  EXPECT_EQ(get("203.0.113.7").retry_after, 2s) << "the probe failed, the next one is in 2 s";
  clock_.advance(500ms);
  EXPECT_EQ(get("203.0.113.7").retry_after, 1500ms);
}

}  // namespace
}  // namespace weir::engine
