// Requests that are sent again: the same id is charged once.
#include <barrier>
#include <thread>

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

class RequestIdTest : public LimiterTest {
 protected:
  Decision send(std::string_view id, std::string_view peer = "203.0.113.7", std::int64_t cost = 1) {
    return limiter_->decide({.peer = peer, .method = "GET", .request_id = id, .cost = cost});
  }
};

TEST_F(RequestIdTest, TheSameRequestIsAnsweredTheSameAndChargedOnce) {
  start({per_client(2)});
  for (int i = 0; i < 5; ++i) {
    const Decision decision = send("a");
    EXPECT_EQ(decision.verdict, Verdict::admitted);
    EXPECT_EQ(decision.quotas.at(0).remaining, 1);
  }
  EXPECT_EQ(store_->charges, 1);
  EXPECT_EQ(send("b").verdict, Verdict::admitted);
  EXPECT_EQ(send("c").verdict, Verdict::refused);
  EXPECT_EQ(send("a").verdict, Verdict::admitted);
}

TEST_F(RequestIdTest, AnIdMeansNothingFromAnotherCallerOrAtAnotherCost) {
  start({per_client(2)});
  send("a");
  EXPECT_EQ(send("a", "203.0.113.8").quotas.at(0).remaining, 1);
  EXPECT_EQ(send("a", "203.0.113.7", 2).verdict, Verdict::refused);
}

TEST_F(RequestIdTest, ARefusalIsDecidedAnew) {
  start({per_client(1)});
  send("a");
  clock_.advance(9s);  // so that room appears long before the refusal's own window is over
  const Decision refused = send("b");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_LT(refused.retry_after, 5s);
  clock_.advance(refused.retry_after);
  EXPECT_EQ(send("b").verdict, Verdict::admitted);
}

TEST_F(RequestIdTest, AfterItsWindowAnIdIsANewRequest) {
  start({per_client(1)});
  send("a");
  clock_.advance(10s - 1ns);
  EXPECT_EQ(send("a").verdict, Verdict::admitted);
  EXPECT_EQ(store_->charges, 1);
  clock_.advance(1ns);
  EXPECT_EQ(send("a").verdict, Verdict::refused) << "the window ends a slot later";
  EXPECT_EQ(store_->charges, 2);
}

TEST_F(RequestIdTest, TheOldestIsForgottenWhenThereAreTooMany) {
  start({everybody(kMaxCount)});
  const auto id = [](std::size_t i) { return "id-" + std::to_string(i); };
  // Twice as many as fit, so that no shard has room for the first.
  for (std::size_t i = 0; i < 2 * RequestMemory::kMaxRequests; ++i) send(id(i));
  const int charges = store_->charges;
  send(id(2 * RequestMemory::kMaxRequests - 1));
  EXPECT_EQ(store_->charges, charges);
  send(id(0));
  EXPECT_EQ(store_->charges, charges + 1);
}

TEST_F(RequestIdTest, RequestsThatArriveTogetherAreChargedOnce) {
  start({everybody(1000)});
  // While one is being charged, the others come.
  store_->on_charge([] { std::this_thread::yield(); });
  constexpr int kThreads = 8;
  std::barrier together(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        together.arrive_and_wait();
        EXPECT_EQ(send("id-" + std::to_string(i)).verdict, Verdict::admitted);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->charges, 100);
}

TEST_F(RequestIdTest, AnIdThatIsTooLongIsMalformed) {
  start({everybody(1000)});
  EXPECT_EQ(send(std::string(128, 'a')).verdict, Verdict::admitted);
  EXPECT_EQ(send(std::string(129, 'a')).verdict, Verdict::malformed);
}

TEST_F(RequestIdTest, APlaceThatTwoAnswersSpeakOfIsFreedOnce) {
  start({{.id = "in-flight", .limit = {1, 30s}, .algorithm = policy::Algorithm::concurrency}});
  const Decision first = send("a");
  const Decision again = send("a");
  limiter_->finish(first);
  limiter_->finish(again);
  EXPECT_EQ(store_->returns, 1);
  const Decision third = send("a");
  EXPECT_EQ(third.verdict, Verdict::admitted);
  EXPECT_EQ(send("b").verdict, Verdict::refused) << "the third holds a place of its own";
}

}  // namespace
}  // namespace weir::engine
