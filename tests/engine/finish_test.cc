// Requests in flight: what is held, and how it is given back.
#include <thread>

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

policy::Rule in_flight(std::int64_t n, Duration hold = 30s) {
  return {.id = "in-flight", .limit = {n, hold}, .algorithm = policy::Algorithm::concurrency};
}

TEST_F(LimiterTest, APlaceIsHeldUntilTheRequestIsFinished) {
  start({in_flight(2)});
  const Decision first = get("203.0.113.7");
  const Decision second = get("203.0.113.7");
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.reason,
            "rule 'in-flight': its limit of 2 concurrent requests in flight is reached");
  limiter_->finish(first);
  const Decision third = get("203.0.113.7");
  EXPECT_EQ(third.verdict, Verdict::admitted);
  EXPECT_EQ(third.quotas[0].unit, QuotaUnit::concurrent);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
}

TEST_F(LimiterTest, FinishingTwiceFreesOnePlace) {
  start({in_flight(1)});
  const Decision first = get("203.0.113.7");
  const Decision copy = first;
  limiter_->finish(first);
  const Decision second = get("203.0.113.7");
  EXPECT_EQ(second.verdict, Verdict::admitted);
  limiter_->finish(first);
  limiter_->finish(copy);
  EXPECT_EQ(store_->returns, 1);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused) << "the second is still in flight";
}

TEST_F(LimiterTest, APlaceOfAWorkerThatCrashedComesBackWhenItsHoldEnds) {
  start({in_flight(1, 30s)});
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.retry_after, 30s);
  clock_.advance(30s - 1ns);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
  clock_.advance(1ns);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, ALateFinishFreesNobodyElsesPlace) {
  start({in_flight(1, 30s)});
  const Decision slow = get("203.0.113.7");
  clock_.advance(31s);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  limiter_->finish(slow);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
}

TEST_F(LimiterTest, APlaceOfTheLocalShareIsFreedAsWell) {
  start({{.id = "in-flight", .limit = {1, 30s}, .algorithm = policy::Algorithm::concurrency}});
  store_->fail_with(ErrorCode::unavailable);
  const Decision first = get("203.0.113.7");
  EXPECT_EQ(first.verdict, Verdict::admitted);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::unavailable);
  limiter_->finish(first);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, OtherDecisionsHaveNothingToFinish) {
  start({per_client(1)});
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.receipt, nullptr);
  limiter_->finish(decision);
  limiter_->finish(get("203.0.113.7"));
  EXPECT_EQ(store_->returns, 0);
}

TEST_F(LimiterTest, AnotherLimiterFreesNothing) {
  start({in_flight(1)});
  const std::unique_ptr<Limiter> first = std::move(limiter_);
  FailingStore* const store_of_first = store_;
  const Decision decision = get_from(*first, "203.0.113.7");
  start({in_flight(1)});
  limiter_->finish(decision);
  EXPECT_EQ(store_of_first->returns, 0);
  first->finish(decision);
  EXPECT_EQ(store_of_first->returns, 1);
}

TEST_F(LimiterTest, NeverMoreThanMAreInFlightOverManyThreads) {
  constexpr int kMost = 3;
  start({in_flight(kMost)});
  std::atomic<int> flying{0};
  std::atomic<int> most{0};
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const Decision decision = get("203.0.113.7");
        if (decision.verdict != Verdict::admitted) continue;
        const int now = ++flying;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++served;
        --flying;
        limiter_->finish(decision);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, kMost);
  EXPECT_GE(served, 500);
  EXPECT_EQ(admitted(10, [&] { return get("203.0.113.7"); }), kMost) << "all places are free";
}

}  // namespace
}  // namespace weir::engine
