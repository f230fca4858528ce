// Rules that code asks about somebody whom only code knows, and with limits that only code knows.
#include <string>
#include <vector>

#include "engine/limiter_fixture.h"
#include "identity/bounds.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

class AskedRuleTest : public LimiterTest {
 protected:
  void add(policy::Rule rule) { handles_.push_back(*limiter_->add_rule(std::move(rule))); }

  Decision ask(const std::vector<AskedRule>& asked, std::string_view peer = "203.0.113.7") {
    return limiter_->decide({.peer = peer, .method = "POST", .route = "/login"}, asked);
  }
  Verdict about(std::string_view subject, std::string_view peer = "203.0.113.7") {
    return ask({{handles_.front(), subject}}, peer).verdict;
  }

  std::vector<RuleHandle> handles_;
};

TEST_F(AskedRuleTest, SubjectsAreCountedApart) {
  start({});
  add(everybody(1));
  EXPECT_EQ(about("alice"), Verdict::admitted);
  EXPECT_EQ(about("alice"), Verdict::refused);
  EXPECT_EQ(about("alice", "198.51.100.1"), Verdict::refused) << "wherever they come from";
  EXPECT_EQ(about("bob"), Verdict::admitted);
  EXPECT_EQ(about(""), Verdict::admitted) << "nobody in particular is nobody of these";
  EXPECT_EQ(about(""), Verdict::refused);
}

TEST_F(AskedRuleTest, ASubjectStandsBesideTheKeyOfTheRule) {
  start({});
  add(per_client(1));
  EXPECT_EQ(about("alice"), Verdict::admitted);
  EXPECT_EQ(about("alice"), Verdict::refused);
  EXPECT_EQ(about("alice", "198.51.100.1"), Verdict::admitted);
  EXPECT_EQ(about("bob"), Verdict::admitted);
}

TEST_F(AskedRuleTest, ASubjectIsAsLongAsTheBoundAndNotOneByteMore) {
  start({});
  add(everybody(1));
  EXPECT_EQ(about(std::string(identity::kMaxSubjectLength, 'a')), Verdict::admitted);
  EXPECT_EQ(about(std::string(identity::kMaxSubjectLength + 1, 'a')), Verdict::malformed);
}

TEST_F(AskedRuleTest, ASubjectIsChargedBeforeWhatManyShare) {
  start({});
  add(per_client(10));
  policy::Rule account = everybody(1);
  account.id = "account";
  add(account);
  const std::vector<AskedRule> both = {{handles_[0]}, {handles_[1], "alice"}};
  EXPECT_EQ(ask(both).verdict, Verdict::admitted);
  EXPECT_EQ(ask(both).verdict, Verdict::refused);
  EXPECT_EQ(store_->returns, 0) << "what refuses was asked first";
}

TEST_F(AskedRuleTest, ManyValuesOfOneSubjectAreCounted) {
  start({});
  policy::Rule networks = everybody(2);
  networks.algorithm = policy::Algorithm::distinct;
  networks.distinct = policy::KeyPart::client_ip;
  add(networks);
  EXPECT_EQ(about("alice", "198.51.100.1"), Verdict::admitted);
  EXPECT_EQ(about("alice", "198.51.100.2"), Verdict::admitted);
  EXPECT_EQ(about("alice", "198.51.100.3"), Verdict::refused);
  EXPECT_EQ(about("alice", "198.51.100.1"), Verdict::admitted);
  EXPECT_EQ(about("bob", "198.51.100.3"), Verdict::admitted);
}

TEST_F(AskedRuleTest, APenaltyIsThatOfItsSubject) {
  start({});
  policy::Rule rule = everybody(1);
  rule.penalty = policy::Penalty{.refusals = {1, 10s}, .wait = 1min};
  add(rule);
  for (int i = 0; i < 3; ++i) static_cast<void>(about("alice"));
  clock_.advance(20s);
  EXPECT_EQ(about("alice"), Verdict::refused) << "the penalty is not over";
  EXPECT_EQ(about("bob"), Verdict::admitted);
}

TEST_F(AskedRuleTest, ARequestSentAgainAboutSomebodyElseIsAnother) {
  start({});
  add(everybody(1));
  const auto sent = [&](std::string_view subject) {
    const AskedRule asked{handles_.front(), subject};
    return limiter_->decide({.peer = "203.0.113.7", .request_id = "r-1"}, std::span(&asked, 1))
        .verdict;
  };
  EXPECT_EQ(sent("alice"), Verdict::admitted);
  EXPECT_EQ(sent("alice"), Verdict::admitted) << "answered as before";
  EXPECT_EQ(about("alice"), Verdict::refused);
  EXPECT_EQ(sent("bob"), Verdict::admitted);
  EXPECT_EQ(about("bob"), Verdict::refused) << "the other one was charged";
}

TEST_F(AskedRuleTest, AnotherLimitCountsInTheSameCounter) {
  start({});
  add(per_client(2));
  const RuleHandle wider = *limiter_->with_limit(handles_[0], "3/10s");
  EXPECT_EQ(ask({{handles_[0]}}).verdict, Verdict::admitted);
  EXPECT_EQ(ask({{handles_[0]}}).verdict, Verdict::admitted);
  EXPECT_EQ(ask({{handles_[0]}}).verdict, Verdict::refused);
  const Decision third = ask({{wider}});
  EXPECT_EQ(third.verdict, Verdict::admitted);
  EXPECT_EQ(third.quotas.front().rule, "per-client");
  EXPECT_EQ(third.quotas.front().limit, 3);
  EXPECT_EQ(ask({{wider}}).reason, "rule 'per-client': its limit of 3/10s is used up");
}

TEST_F(AskedRuleTest, TheSameLimitAgainIsTheSameRule) {
  start({});
  add(per_client(2));
  EXPECT_EQ(*limiter_->with_limit(handles_[0], "5/10s"),
            *limiter_->with_limit(handles_[0], "5/10s"));
  EXPECT_EQ(limiter_->with_limit(handles_[0], "5/parsec").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(limiter_->with_limit(handles_[0], "0/s").error().code, ErrorCode::invalid_input);
}

TEST_F(AskedRuleTest, OtherLimitsCountAmongTheRulesOfCode) {
  start({});
  add(per_client(1));
  for (std::size_t i = 1; i < policy::kMaxCodeRules; ++i)
    ASSERT_TRUE(limiter_->with_limit(handles_[0], std::to_string(i + 1) + "/10s").has_value());
  EXPECT_EQ(limiter_->with_limit(handles_[0], "1/d").error().code, ErrorCode::limit_exceeded);
}

TEST_F(AskedRuleTest, EachRuleMayHaveItsOwnCost) {
  start({});
  add(everybody(10));
  EXPECT_EQ(ask({{handles_[0], "a", 7}, {handles_[0], "b", 2}}).verdict, Verdict::admitted);
  EXPECT_EQ(ask({{handles_[0], "a", 4}}).verdict, Verdict::refused);
  EXPECT_EQ(ask({{handles_[0], "b", 8}}).verdict, Verdict::admitted);
  EXPECT_EQ(ask({{handles_[0], "b", 1}}).verdict, Verdict::refused);
  EXPECT_EQ(ask({{handles_[0], "c", 11}}).reason,
            "rule 'everybody': the request costs more than its limit of 10/10s ever lets pass");
}

TEST_F(AskedRuleTest, ALookChargesNothing) {
  start({});
  add(everybody(2));
  for (int i = 0; i < 5; ++i) {
    const Decision look = ask({{handles_[0], "a", 0}});
    EXPECT_EQ(look.verdict, Verdict::admitted);
    EXPECT_EQ(look.quotas.front().remaining, 2);
  }
  EXPECT_EQ(ask({{handles_[0], "a", 2}}).verdict, Verdict::admitted);
  EXPECT_EQ(ask({{handles_[0], "a", 0}}).verdict, Verdict::refused);
}

TEST_F(AskedRuleTest, EachRuleSaysItsOwnAnswer) {
  policy::Rule shadow = everybody(1);
  shadow.id = "shadow";
  shadow.shadow = true;
  start({});
  add(everybody(2));
  add(shadow);
  const std::vector<AskedRule> asked = {{handles_[1], "a"}, {handles_[0], "a"}, {handles_[0], "b"}};
  std::vector<RuleAnswer> answers;
  const auto decide = [&] {
    return limiter_->decide({.has_sender = false}, asked, answers).verdict;
  };
  EXPECT_EQ(decide(), Verdict::admitted);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].quota->rule, "shadow");
  EXPECT_EQ(answers[0].quota->remaining, 0);
  EXPECT_EQ(answers[1].quota->remaining, 1);
  EXPECT_EQ(answers[2].state, RuleRecord::State::room);
  EXPECT_EQ(decide(), Verdict::admitted);
  EXPECT_EQ(answers[0].state, RuleRecord::State::full);
  EXPECT_EQ(decide(), Verdict::refused);
  EXPECT_EQ(answers[1].state, RuleRecord::State::full);
  EXPECT_GT(answers[1].room_in, Duration::zero());
  EXPECT_FALSE(answers[2].state == RuleRecord::State::room);
}

TEST_F(AskedRuleTest, WhoIsNobodyIsOnNoList) {
  policy_.deny = {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")};
  start({});
  add(everybody(1));
  add(per_client(1));
  EXPECT_EQ(ask({{handles_[0]}}).verdict, Verdict::denied);
  const std::vector<AskedRule> counted = {{handles_[0]}};
  EXPECT_EQ(limiter_->decide({.has_sender = false}, counted).verdict, Verdict::admitted);
  const std::vector<AskedRule> by_client = {{handles_[1]}};
  EXPECT_EQ(limiter_->decide({.has_sender = false}, by_client).verdict, Verdict::malformed);
}

TEST_F(AskedRuleTest, TheClientIsTheNetworkThatCounts) {
  policy_.identity.trusted_proxies = {*Network::parse("10.0.0.0/8")};
  start({});
  EXPECT_EQ(limiter_->client({.peer = "203.0.113.7"})->to_string(), "203.0.113.7");
  EXPECT_EQ(limiter_->client({.peer = "2001:db8:0:1::7"})->to_string(), "2001:db8:0:1::");
  const std::vector<identity::HeaderField> forwarded = {
      {"X-Forwarded-For", "192.0.2.9, 198.51.100.1"}};
  EXPECT_EQ(limiter_->client({.peer = "10.0.0.1", .headers = forwarded})->to_string(),
            "198.51.100.1");
  EXPECT_FALSE(limiter_->client({.peer = "nowhere"}).has_value());
}

}  // namespace
}  // namespace weir::engine
