#include "engine/limiter.h"

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

TEST_F(LimiterTest, AdmitsNAndRefusesTheNextUntilRoomAppears) {
  start({per_client(3)});
  for (std::int64_t left = 2; left >= 0; --left) {
    const Decision decision = get("203.0.113.7");
    ASSERT_EQ(decision.verdict, Verdict::admitted);
    ASSERT_EQ(decision.quotas.size(), 1U);
    EXPECT_EQ(decision.quotas[0].remaining, left);
    EXPECT_EQ(decision.quotas[0].limit, 3);
    EXPECT_EQ(decision.quotas[0].window, 10s);
  }
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.rule, "per-client");
  EXPECT_EQ(refused.reason, "rule 'per-client': its limit of 3/10s is used up");
  EXPECT_FALSE(refused.degraded);
  EXPECT_GT(refused.retry_after, 10s);
  EXPECT_LE(refused.retry_after, 10s + 167ms);

  clock_.advance(refused.retry_after - 1ns);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
  clock_.advance(1ns);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, WindowsAreLongerByAllThatADecisionMayBeOff) {
  policy_.store = policy::DynamoDbStore{.table = "weir", .budget = 2s};
  policy_.max_clock_skew = 1s;
  policy_.pepper = "0123456789abcdef";
  policy::Rule rule = per_client(1);
  rule.overrides = {{.who = *Network::parse("198.51.100.0/24"), .limit = {1, 10s}}};
  start({rule});
  for (const char* client : {"203.0.113.7", "198.51.100.7"}) {
    EXPECT_EQ(get(client).verdict, Verdict::admitted);
    const Decision refused = get(client);
    // The window, twice the skew, the budget; and at most one of 60 slots.
    EXPECT_GT(refused.retry_after, 14s);
    EXPECT_LE(refused.retry_after, 14s + 234ms);
  }
}

TEST_F(LimiterTest, CountsClientsApart) {
  start({per_client(2)});
  EXPECT_EQ(admitted(5, [&] { return get("203.0.113.7"); }), 2);
  EXPECT_EQ(admitted(5, [&] { return get("203.0.113.8"); }), 2);
  EXPECT_EQ(admitted(5, [&] { return get("2001:db8::1"); }), 2);
  EXPECT_EQ(admitted(5, [&] { return get("2001:db8::2"); }), 0) << "the same /64";
  EXPECT_EQ(admitted(5, [&] { return get("2001:db8:0:1::1"); }), 2);
}

TEST_F(LimiterTest, WithoutMatchingRuleEverythingIsAdmitted) {
  start({});
  const Decision decision = get("203.0.113.7");
  EXPECT_EQ(decision.verdict, Verdict::admitted);
  EXPECT_TRUE(decision.quotas.empty());
  EXPECT_EQ(store_->charges, 0);
}

TEST_F(LimiterTest, AsksOnlyTheRulesThatMatch) {
  policy::Rule posts = per_client(1);
  posts.id = "posts";
  posts.match.methods = {"POST"};
  policy::Rule api = everybody(1);
  api.id = "api";
  api.match.routes = {"/api/*", "/login"};
  policy::Rule reads = everybody(1);
  reads.id = "reads";
  reads.match = {.methods = {"GET"}, .routes = {"/files"}};
  start({posts, api, reads});
  const auto asked = [&](std::string_view method, std::string_view route) {
    const Decision decision =
        limiter_->decide({.peer = "203.0.113.7", .method = method, .route = route});
    std::string ids;
    for (const QuotaStatus& quota : decision.quotas) ids += quota.rule + " ";
    return ids;
  };
  EXPECT_EQ(asked("GET", "/"), "");
  EXPECT_EQ(asked("POST", "/"), "posts ");
  EXPECT_EQ(asked("post", "/"), "posts ") << "frameworks fold the case of methods";
  EXPECT_EQ(asked("GET", "/api/users"), "api ");
  EXPECT_EQ(asked("PUT", "/login"), "api ");
  EXPECT_EQ(asked("PUT", "/login/"), "");
  EXPECT_EQ(asked("HEAD", "/files"), "reads ");
  EXPECT_EQ(asked("PURGE", "/files"), "");
}

TEST_F(LimiterTest, RoutesAndMethodsMakeOneCounterPerOperation) {
  policy::Rule rule = per_client(1);
  rule.key = {policy::KeyPart::client_ip, policy::KeyPart::route};
  start({rule});
  const auto verdict = [&](std::string_view method, std::string_view route) {
    return limiter_->decide({.peer = "203.0.113.7", .method = method, .route = route}).verdict;
  };
  EXPECT_EQ(verdict("GET", "/users/{id}"), Verdict::admitted);
  EXPECT_EQ(verdict("HEAD", "/users/{id}"), Verdict::refused);
  EXPECT_EQ(verdict("get", "/users/{id}"), Verdict::refused);
  EXPECT_EQ(verdict("POST", "/users/{id}"), Verdict::admitted);
  EXPECT_EQ(verdict("GET", "/users"), Verdict::admitted);
  EXPECT_EQ(verdict("X1", "/users"), Verdict::admitted);
  EXPECT_EQ(verdict("X2", "/users"), Verdict::refused) << "made-up methods share one counter";
}

TEST_F(LimiterTest, GivesBackWhatALaterRuleMadeUseless) {
  start({everybody(2), per_client(10)});
  EXPECT_EQ(admitted(2, [&] { return get("203.0.113.7"); }), 2);
  const Decision refused = get("203.0.113.8");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.rule, "everybody");
  EXPECT_EQ(store_->returns, 1);
  ASSERT_EQ(refused.quotas.size(), 2U);
  EXPECT_EQ(refused.quotas[0].rule, "everybody") << "quotas keep the policy's order";
  EXPECT_EQ(refused.quotas[1].remaining, 10);
  EXPECT_EQ(refused.quotas[1].next_room, 0s);
}

// What gcra has drained since the charge is not there to be given back: the store asks the time.
TEST_F(LimiterTest, GivesBackAtThePresentAndNotAtTheTimeOfTheCharge) {
  start({everybody(1), per_client(10)});
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  store_->on_charge([&] { clock_.advance(30ms); });
  EXPECT_EQ(get("203.0.113.8").verdict, Verdict::refused);
  ASSERT_EQ(store_->returned_at.size(), 1U);
  EXPECT_GT(store_->returned_at[0], store_->charged_at.back());
}

TEST_F(LimiterTest, CountsANetworkOfTheOneFamilyApartFromOneOfTheOtherThatHasItsBytes) {
  policy::Rule rule = per_client(1);
  rule.ipv4_prefix = 32;
  rule.ipv6_prefix = 32;
  start({rule});
  EXPECT_EQ(get("32.1.13.184").verdict, Verdict::admitted);
  EXPECT_EQ(get("2001:db8::1").verdict, Verdict::admitted);
  EXPECT_EQ(get("2001:db8::1").verdict, Verdict::refused);
}

TEST_F(LimiterTest, ANarrowRuleThatRefusesNeverTouchesTheWiderOnes) {
  start({everybody(100), per_client(1)});
  EXPECT_EQ(admitted(50, [&] { return get("203.0.113.7"); }), 1);
  EXPECT_EQ(store_->returns, 0);
  EXPECT_EQ(get("203.0.113.8").quotas[0].remaining, 98);
}

TEST_F(LimiterTest, ARuleThatIsKnownToBeFullSparesTheOthersACharge) {
  start({everybody(1), per_client(10)});
  store_->knows = true;
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  const int charges = store_->charges;
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
  EXPECT_EQ(store_->charges, charges);
  EXPECT_EQ(store_->returns, 0);
}

TEST_F(LimiterTest, RetryAfterWaitsForEveryRuleThatIsFull) {
  start({per_client(1, 10s), everybody(1, 60s)});
  store_->knows = true;
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.rule, "everybody");
  EXPECT_GT(refused.retry_after, 60s);
  clock_.advance(refused.retry_after);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, AMalformedIdentifierIsA400AndCreatesNoCounter) {
  start({everybody(5), per_key(5)});
  const Decision decision = get_with_key("203.0.113.7", "two,values");
  EXPECT_EQ(decision.verdict, Verdict::malformed);
  EXPECT_EQ(decision.rule, "per-key");
  EXPECT_EQ(decision.reason, "the field X-API-Key holds more than one value");
  EXPECT_EQ(store_->charges, 0);
}

TEST_F(LimiterTest, RulesOfCodeAreAskedByTheirHandleOnly) {
  start({per_client(100)});
  policy::Rule rule = everybody(1);
  rule.id = "decorated";
  const Result<RuleHandle> handle = limiter_->add_rule(rule);
  ASSERT_TRUE(handle.has_value());
  EXPECT_EQ(get("203.0.113.7").quotas.size(), 1U);
  const AskedRule asked{*handle};
  const auto ask = [&] {
    return limiter_->decide({.peer = "203.0.113.7", .method = "GET", .route = "/"},
                            std::span(&asked, 1));
  };
  EXPECT_EQ(ask().verdict, Verdict::admitted);
  EXPECT_EQ(ask().verdict, Verdict::refused);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, AddingARuleAgainGivesTheSameHandleAndAnotherOneOfItsIdIsAnError) {
  start({per_client(100)});
  policy::Rule rule = everybody(1);
  const Result<RuleHandle> first = limiter_->add_rule(rule);
  EXPECT_EQ(*limiter_->add_rule(rule), *first);
  rule.limit.count = 2;
  EXPECT_EQ(limiter_->add_rule(rule).error().code, ErrorCode::invalid_input);
  rule.id = "Not a name";
  EXPECT_FALSE(limiter_->add_rule(rule).has_value());
}

TEST_F(LimiterTest, TakesAsManyRulesAsTheBoundAndNotOneMore) {
  start({});
  policy::Rule rule = everybody(1);
  for (std::size_t i = 0; i < policy::kMaxCodeRules; ++i) {
    rule.id = "rule-" + std::to_string(i);
    ASSERT_TRUE(limiter_->add_rule(rule).has_value());
  }
  rule.id = "one-more";
  EXPECT_EQ(limiter_->add_rule(rule).error().code, ErrorCode::limit_exceeded);
}

TEST_F(LimiterTest, IsNotMadeOfAPolicyThatCannotBeKept) {
  const auto make = [&](policy::Policy policy) {
    return Limiter::make(std::move(policy),
                         {.clock = clock_, .store = std::make_unique<FailingStore>()});
  };
  policy::Policy policy;
  policy.store = policy::DynamoDbStore{.table = "weir"};
  EXPECT_EQ(make(policy).error().message,
            "a store that nodes share needs a pepper and there is none");
  policy.pepper = "0123456789abcdef";
  EXPECT_TRUE(make(policy).has_value());
  policy.rules.assign(policy::kMaxRules + 1, per_client(1));
  EXPECT_EQ(make(policy).error().code, ErrorCode::limit_exceeded);
  policy.rules = {per_client(1), per_client(1)};
  EXPECT_EQ(make(policy).error().message, "rule 'per-client' is there twice");
  policy.rules = {per_client(0)};
  EXPECT_FALSE(make(policy).has_value());
  policy.rules = {};
  policy.identity.api_key.pattern = "(";
  EXPECT_FALSE(make(policy).has_value());
}

TEST_F(LimiterTest, EachMemoryLimiterDrawsAPepperOfItsOwn) {
  start({});
  const std::string first = limiter_->policy().pepper;
  start({});
  EXPECT_EQ(first.size(), 32U);
  EXPECT_NE(first, limiter_->policy().pepper);
}

}  // namespace
}  // namespace weir::engine
