// Penalties: who is refused too often waits longer, and nobody else does.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

policy::Rule with_penalty(policy::Rule rule) {
  rule.penalty = policy::Penalty{.refusals = {3, 60s}, .wait = 10min};
  return rule;
}

TEST_F(LimiterTest, WhoIsRefusedTooOftenWaitsLonger) {
  start({with_penalty(per_client(1))});
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  for (int i = 0; i < 4; ++i) EXPECT_LE(get("203.0.113.7").retry_after, 11s);
  const Decision penalised = get("203.0.113.7");
  EXPECT_EQ(penalised.verdict, Verdict::refused);
  EXPECT_GT(penalised.retry_after, 9min);
  EXPECT_EQ(penalised.reason, "rule 'per-client': refused too often of late, so this caller waits");
  const int charges = store_->charges;
  clock_.advance(1min);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused) << "although its window is over";
  EXPECT_EQ(store_->charges, charges) << "nothing is counted meanwhile";
}

TEST_F(LimiterTest, APenaltyEndsWhateverIsTriedMeanwhile) {
  start({with_penalty(per_client(1))});
  for (int i = 0; i < 6; ++i) get("203.0.113.7");
  const Duration wait = get("203.0.113.7").retry_after;
  for (int i = 0; i < 100; ++i) {
    clock_.advance(wait / 100);
    if (i < 99) {
      EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
    }
  }
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  for (int i = 0; i < 2; ++i)
    EXPECT_LE(get("203.0.113.7").retry_after, 11s) << "what was tried meanwhile is forgotten";
}

TEST_F(LimiterTest, WithoutAPenaltyARefusalIsOnlyARefusal) {
  start({per_client(1)});
  get("203.0.113.7");
  for (int i = 0; i < 100; ++i) EXPECT_LE(get("203.0.113.7").retry_after, 11s);
}

TEST_F(LimiterTest, AStrangerWhoHammersWithMyKeyMakesMeWaitForNothingButTheLimit) {
  start({with_penalty(per_key(1))});
  for (int i = 0; i < 20; ++i) get_with_key("198.51.100.66", "mine");
  EXPECT_GT(get_with_key("198.51.100.66", "mine").retry_after, 9min);
  clock_.advance(11s);
  EXPECT_EQ(get_with_key("203.0.113.7", "mine").verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("198.51.100.66", "mine").verdict, Verdict::refused);
}

TEST_F(LimiterTest, FewRefusalsInAWindowAreNoReasonToWait) {
  start({with_penalty(per_client(1))});
  for (int i = 0; i < 10; ++i) {
    get("203.0.113.7");
    get("203.0.113.7");
    EXPECT_LE(get("203.0.113.7").retry_after, 11s);
    clock_.advance(61s + 10s);
  }
}

}  // namespace
}  // namespace weir::engine
