// Steps of the system's clock: they neither reopen a window nor skip one.
#include "base/slewed_time.h"
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

// The clock of base/system_clock.h over raw clocks that the test turns.
class SteppedClock final : public Clock {
 public:
  Time now() override {
    return time_.at(monotonic_, [this] { return real_; });
  }
  // As the limiter is asked all along.
  void pass(Duration time) {
    monotonic_ += time;
    real_ += time;
  }
  void step(Duration by) { real_ += by; }

 private:
  Duration monotonic_ = 1h;
  Duration real_ = kStart.time_since_epoch();
  base::SlewedTime time_{monotonic_, real_};
};

class ClockStepsTest : public ::testing::TestWithParam<Duration> {
 protected:
  int admitted(int times) {
    int count = 0;
    for (int i = 0; i < times; ++i)
      count += limiter_->decide({.peer = "203.0.113.7"}).verdict == Verdict::admitted ? 1 : 0;
    return count;
  }

  SteppedClock clock_;
  const std::unique_ptr<Limiter> limiter_ = [this] {
    policy::Policy policy;
    policy.rules = {per_client(5, 60s)};
    return *Limiter::make(policy, {.clock = clock_, .store = std::make_unique<test::StateStore>()});
  }();
};

TEST_P(ClockStepsTest, AWindowIsNeitherReopenedNorSkipped) {
  EXPECT_EQ(admitted(10), 5);
  clock_.step(GetParam());
  for (int second = 1; second <= 60; ++second) {
    EXPECT_EQ(admitted(10), 0) << second;
    clock_.pass(1s);
  }
  clock_.pass(2s);  // the slot's rounding, and what was slewed
  EXPECT_EQ(admitted(10), 5);
}

INSTANTIATE_TEST_SUITE_P(ForwardsAndBackwards, ClockStepsTest,
                         ::testing::Values(1s, 61s, 3600s, 24h * 400, -1s, -61s, -3600s,
                                           -24h * 400));

TEST_F(ClockStepsTest, ASuspensionLongerThanTheWindowEndsIt) {
  EXPECT_EQ(admitted(10), 5);
  clock_.pass(8h);
  EXPECT_EQ(admitted(10), 5);
}

}  // namespace
}  // namespace weir::engine
