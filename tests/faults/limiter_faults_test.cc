// What a request is answered while the store cannot decide: 503 and not 429, and 200 again once it
// can.
#include "engine/limiter.h"
#include "engine/open_store.h"
#include "faults/scenario.h"
#include "support/emulator.h"

namespace weir::test {
namespace {

class LimiterFaultsTest : public ScenarioTest {
 protected:
  LimiterFaultsTest() : limiter_(make(policy::OnStoreFailure::deny, false)) {}

  // Each is a node of its own.
  std::unique_ptr<engine::Limiter> make(policy::OnStoreFailure on_store_failure, bool leases) {
    policy::Policy policy;
    policy.name_space = to_hex(key_).substr(0, 32);  // its counters are nobody else's
    policy.store = policy::DynamoDbStore{.table = "weir", .leases = leases};
    policy.pepper = "a pepper of this test alone";
    policy.rules.push_back({.id = "everybody",
                            .limit = {kN, std::chrono::hours(30 * 24)},
                            .on_store_failure = on_store_failure});
    auto store = engine::open_store(policy, emulator_environment(proxy_->port()), clock_);
    return engine::Limiter::make(std::move(policy), {.clock = clock_, .store = std::move(*store)})
        .value();
  }

  Verdict ask() {
    return limiter_->decide({.peer = "203.0.113.7", .method = "GET", .route = "/"}).verdict;
  }

  void answers_unavailable_until_it_is_over(const Fault& fault) {
    EXPECT_EQ(ask(), Verdict::admitted);
    mix_.set({{"fault", 1.0, fault}});
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(), Verdict::unavailable);
    mix_.set({});
    // The circuit breaker looks again by itself.
    const Duration give_up = base::monotonic_now() + std::chrono::seconds(60);
    while (ask() != Verdict::admitted && base::monotonic_now() < give_up) {
      base::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(ask(), Verdict::admitted);
  }

  static constexpr std::int64_t kN = 1'000;
  base::SystemClock clock_;
  std::unique_ptr<engine::Limiter> limiter_;
};

TEST_P(LimiterFaultsTest, ThrottlingIsAnsweredUnavailable) {
  answers_unavailable_until_it_is_over(
      {.kind = Fault::Kind::replace, .answer = aws_error_answer("ThrottlingException")});
}

TEST_P(LimiterFaultsTest, AnOutageIsAnsweredUnavailable) {
  answers_unavailable_until_it_is_over({.kind = Fault::Kind::cut, .reset = true});
}

TEST_P(LimiterFaultsTest, SilenceIsAnsweredUnavailable) {
  answers_unavailable_until_it_is_over({.kind = Fault::Kind::half_open});
}

// `leased`: what the table holds as charged is what was admitted, to the last one.
TEST_P(LimiterFaultsTest,
       AnOutageInTheMiddleOfALeaseServesWhatWasPaidForAndThenAnswersUnavailable) {
  const std::unique_ptr<engine::Limiter> witness = make(policy::OnStoreFailure::deny, false);
  limiter_ = make(policy::OnStoreFailure::leased, true);
  constexpr std::int64_t kBefore = 100;
  for (std::int64_t i = 0; i < kBefore; ++i) ASSERT_EQ(ask(), Verdict::admitted);
  mix_.set({{"fault", 1.0, {.kind = Fault::Kind::cut, .reset = true}}});
  std::int64_t paid = 0;
  while (ask() == Verdict::admitted) ++paid;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(), Verdict::unavailable);
  mix_.set({});
  const Decision decision = witness->decide({.peer = "203.0.113.7", .method = "GET", .route = "/"});
  ASSERT_EQ(decision.quotas.size(), 1U);
  EXPECT_EQ(decision.quotas[0].remaining, kN - kBefore - paid - 1) << "its own is the last";
  EXPECT_GT(paid, 10);
}

INSTANTIATE_TEST_SUITE_P(Faults, LimiterFaultsTest, testing::ValuesIn(kinds({"dynoxide"})),
                         kind_name);

}  // namespace
}  // namespace weir::test
