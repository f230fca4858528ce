// What is written down of a decision.
#include "engine/decision_record.h"

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

TEST_F(LimiterTest, ARecordSaysWhatEachRuleSaidAndWhy) {
  start({everybody(5), per_client(1)});
  DecisionRecord record;
  get("203.0.113.7");
  const identity::Request request{.peer = "203.0.113.7", .method = "GET", .route = "/a"};
  const Decision decision = limiter_->decide(request, &record);
  EXPECT_EQ(record.verdict, Verdict::refused);
  EXPECT_EQ(record.rule, "per-client");
  EXPECT_EQ(record.reason, decision.reason);
  EXPECT_EQ(record.route, "/a");
  ASSERT_EQ(record.rules.size(), 2U);
  EXPECT_EQ(record.rules[0].rule, "everybody");
  EXPECT_EQ(record.rules[0].state, RuleRecord::State::not_asked);
  EXPECT_EQ(record.rules[1].state, RuleRecord::State::full);
  EXPECT_EQ(record.rules[1].limit, "1/10s");
  EXPECT_EQ(record.rules[1].remaining, 0);
  EXPECT_EQ(record.rules[1].room_at, kStart + decision.retry_after);
}

TEST_F(LimiterTest, ARecordHoldsNoIdentifierUnlessThePolicySaysSo) {
  policy::Rule open = per_key(5);
  open.id = "open";
  open.key.push_back(policy::KeyPart::client_ip);
  open.log_keys = true;
  start({per_key(5), open});
  DecisionRecord record;
  const std::vector<identity::HeaderField> headers = {{"X-API-Key", "sk_live"}};
  static_cast<void>(limiter_->decide({.peer = "203.0.113.7", .headers = headers}, &record));
  EXPECT_EQ(record.rules[0].key, "");
  EXPECT_EQ(record.rules[1].key, "client_ip=203.0.113.7 api_key=sk_live");
  record.rules.pop_back();
  EXPECT_EQ(to_json(record).find("sk_live"), std::string::npos);
  EXPECT_EQ(to_text(record).find("203.0.113"), std::string::npos);
  EXPECT_EQ(record.rules[0].counter.size(), 16U);
}

TEST_F(LimiterTest, AnOutageIsToldFromARefusalInTheRecord) {
  policy::Rule strict = per_client(50);
  strict.on_store_failure = policy::OnStoreFailure::deny;
  policy::Rule lax = everybody(50);
  start({lax, strict});
  store_->fail_with(ErrorCode::timeout);
  DecisionRecord record;
  static_cast<void>(limiter_->decide({.peer = "203.0.113.7"}, &record));
  EXPECT_EQ(record.verdict, Verdict::unavailable);
  EXPECT_TRUE(record.degraded);
  EXPECT_EQ(record.rules[0].state, RuleRecord::State::not_asked);
  EXPECT_EQ(record.rules[1].state, RuleRecord::State::undecided);
  start({lax});
  store_->fail_with(ErrorCode::timeout);
  DecisionRecord local;
  static_cast<void>(limiter_->decide({.peer = "203.0.113.7"}, &local));
  EXPECT_EQ(local.verdict, Verdict::admitted);
  EXPECT_EQ(local.rules[0].state, RuleRecord::State::local);
  EXPECT_FALSE(local.rules[0].remaining.has_value());
}

TEST_F(LimiterTest, TheListThatDecidedIsInTheRecord) {
  policy_.allow = {*Network::parse("10.0.0.0/8")};
  policy_.deny = {*Network::parse("203.0.113.0/24")};
  start({everybody(5)});
  const auto list = [&](std::string_view peer) {
    DecisionRecord record;
    static_cast<void>(limiter_->decide({.peer = peer}, &record));
    return record.list;
  };
  EXPECT_EQ(list("10.0.0.1"), "allow");
  EXPECT_EQ(list("203.0.113.7"), "deny");
  EXPECT_EQ(list("198.51.100.1"), "");
}

TEST(DecisionRecord, IsOneLineOfJsonWhateverItHolds) {
  DecisionRecord record{.at = kStart + 5ms, .method = "GET", .route = "/a\"\n\x1b"};
  record.rules.push_back({.rule = "r", .key = "user=\n\"x"});
  const std::string json = to_json(record);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_EQ(json.find('\x1b'), std::string::npos);
  EXPECT_EQ(json.find(R"({"at":"2027-01-15T08:00:00.005Z","method":"GET")"), 0U) << json;
}

}  // namespace
}  // namespace weir::engine
