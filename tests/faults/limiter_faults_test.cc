// What a request is answered while the store cannot decide: 503 and not 429, and 200 again once it
// can.
#include "engine/limiter.h"
#include "faults/scenario.h"
#include "store/dynamodb/dynamodb_store.h"
#include "support/emulator.h"

namespace weir::test {
namespace {

class LimiterFaultsTest : public ScenarioTest {
 protected:
  LimiterFaultsTest() {
    policy::Policy policy;
    policy.name_space = to_hex(key_).substr(0, 32);  // its counters are nobody else's
    policy.store = policy::DynamoDbStore{.table = "weir"};
    policy.pepper = "a pepper of this test alone";
    policy.rules.push_back({.id = "everybody",
                            .limit = {1'000, std::chrono::hours(1)},
                            .on_store_failure = policy::OnStoreFailure::deny});
    auto store =
        store::open_dynamodb_store({}, emulator_environment(proxy_->port()), clock_, rng_());
    limiter_ =
        engine::Limiter::make(std::move(policy), {.clock = clock_, .store = std::move(*store)})
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

INSTANTIATE_TEST_SUITE_P(Faults, LimiterFaultsTest, testing::ValuesIn(kinds({"dynoxide"})),
                         kind_name);

}  // namespace
}  // namespace weir::test
