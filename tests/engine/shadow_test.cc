// Shadow rules: they decide and count, and nobody is refused by them.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

policy::Rule shadow(policy::Rule rule) {
  rule.shadow = true;
  rule.id = "shadow";
  return rule;
}

class ShadowTest : public LimiterTest {
 protected:
  // What the shadow rule says of one request.
  RuleRecord::State state_of_shadow(std::string_view peer = "203.0.113.7") {
    DecisionRecord record;
    static_cast<void>(limiter_->decide({.peer = peer, .method = "GET"}, &record));
    return record.rules.back().state;
  }
};

TEST_F(ShadowTest, AdmitsEverythingAndSaysWhatItWouldHaveDone) {
  start({shadow(per_client(2))});
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::room);
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::room);
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::full);
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::admitted);
  EXPECT_TRUE(decision.quotas.empty()) << "clients are not told of it";
}

TEST_F(ShadowTest, DoesNotStopTheRulesAfterIt) {
  start({shadow(per_client(1)), everybody(3)});
  EXPECT_EQ(admitted(10, [&] { return get("203.0.113.7"); }), 3);
}

TEST_F(ShadowTest, IsNotStoppedByARefusalNorEmptiedByIt) {
  start({everybody(1), shadow(per_client(3))});
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::room);
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::room) << "refused by the other rule";
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::room);
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::full);
  store_->knows = true;
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::full);
}

TEST_F(ShadowTest, DoesNotDecideWhenTheStoreFails) {
  start({shadow(per_client(1))});
  store_->fail_with(ErrorCode::timeout);
  EXPECT_EQ(state_of_shadow(), RuleRecord::State::undecided);
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::admitted);
  EXPECT_FALSE(decision.degraded);
}

TEST_F(ShadowTest, MakesNoRequestMalformed) {
  start({shadow(per_key(1)), everybody(5)});
  EXPECT_EQ(get_with_key("203.0.113.7", "two,values").verdict, Verdict::admitted);
}

TEST_F(ShadowTest, HoldsAPlaceOnlyForRequestsThatGoOn) {
  policy::Rule flying{.id = "shadow",
                      .limit = {2, 30s},
                      .algorithm = policy::Algorithm::concurrency,
                      .shadow = true};
  start({everybody(1), flying});
  const Decision first = get("203.0.113.7");
  EXPECT_EQ(first.verdict, Verdict::admitted);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(state_of_shadow(), RuleRecord::State::room);
  limiter_->finish(first);
  EXPECT_EQ(store_->returns, 6);
}

}  // namespace
}  // namespace weir::engine
