// Many threads at once. Run under ThreadSanitizer by `make sanitize`.
#include <thread>

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

TEST_F(LimiterTest, ThreadsTogetherAreAdmittedExactlyNTimes) {
  start({everybody(150), per_client(100)});
  store_->knows = true;
  std::atomic<int> total{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string peer = t % 2 == 0 ? "203.0.113.7" : "203.0.113.8";
      for (int i = 0; i < 200; ++i) {
        if (get(peer).verdict == Verdict::admitted) ++total;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // A charge that is given back may have refused somebody else for a moment, but never admits one
  // too many, and room that was given back is there for the next.
  total += admitted(200, [&] { return get("203.0.113.7"); });
  total += admitted(200, [&] { return get("203.0.113.8"); });
  EXPECT_EQ(total, 150);
}

TEST_F(LimiterTest, RulesMayBeAddedWhileOthersDecide) {
  start({per_client(1'000'000)});
  std::atomic<bool> done{false};
  std::thread deciding([&] {
    while (!done) get("203.0.113.7");
  });
  for (int i = 0; i < 100; ++i) {
    policy::Rule rule = everybody(1);
    rule.id = "added-" + std::to_string(i);
    const Result<RuleHandle> handle = limiter_->add_rule(rule);
    ASSERT_TRUE(handle.has_value());
    const AskedRule asked{*handle};
    EXPECT_EQ(limiter_->decide({.peer = "203.0.113.7"}, std::span(&asked, 1)).verdict,
              Verdict::admitted);
  }
  done = true;
  deciding.join();
}

TEST_F(LimiterTest, ThreadsSeeOneOutageAndOneRecovery) {
  policy::Rule rule = per_client(1'000'000);
  rule.on_store_failure = policy::OnStoreFailure::allow;
  start({rule});
  const auto hammer = [&] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) get("203.0.113.7");
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  store_->fail_with(ErrorCode::unavailable);
  hammer();
  store_->mend();
  clock_.advance(10s);
  hammer();
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_EQ(events_[0].kind, Event::Kind::store_failing);
  EXPECT_EQ(events_[1].kind, Event::Kind::store_recovered);
}

}  // namespace
}  // namespace weir::engine
