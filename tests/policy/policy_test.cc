#include "policy/policy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "policy/nearest.h"

namespace weir::policy {
namespace {

using namespace std::chrono_literals;

Rule good_rule() {
  return {.id = "per-client", .key = {KeyPart::client_ip}, .limit = {100, 1min}};
}

TEST(Policy, ARuleWithinAllBoundsPasses) {
  EXPECT_TRUE(check_rule(good_rule()).has_value());
}

TEST(Policy, NamesStandInHeadersSoTheyAreStrict) {
  EXPECT_TRUE(is_name("a"));
  EXPECT_TRUE(is_name("per-client_2"));
  EXPECT_TRUE(is_name(std::string(kMaxNameLength, 'a')));
  for (const std::string& bad :
       {std::string(), std::string("A"), std::string("a b"), std::string("a\"b"),
        std::string("a\r\nx"), std::string("ü"), std::string(kMaxNameLength + 1, 'a')}) {
    EXPECT_FALSE(is_name(bad)) << bad;
  }
}

TEST(Policy, EachBoundOfARuleIsHeldAtTheLimitAndOnePastIt) {
  const auto passes = [](auto change) {
    Rule rule = good_rule();
    change(rule);
    return check_rule(rule).has_value();
  };
  EXPECT_TRUE(passes([](Rule& r) { r.limit = {kMaxCount, kMaxDuration}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.limit.count = kMaxCount + 1; }));
  EXPECT_FALSE(passes([](Rule& r) { r.limit.count = 0; }));
  EXPECT_FALSE(passes([](Rule& r) { r.limit.count = -1; }));
  EXPECT_TRUE(passes([](Rule& r) { r.limit.window = 1ms; }));
  EXPECT_FALSE(passes([](Rule& r) { r.limit.window = 1ms - 1ns; }));
  EXPECT_FALSE(passes([](Rule& r) { r.limit.window = -1s; }));
  EXPECT_FALSE(passes([](Rule& r) { r.limit.window = kMaxDuration + 1ns; }));
  EXPECT_TRUE(passes([](Rule& r) { r.match.routes.assign(kMaxMatchEntries, "/a"); }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.routes.assign(kMaxMatchEntries + 1, "/a"); }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.methods.assign(kMaxMatchEntries + 1, "GET"); }));
  EXPECT_TRUE(passes([](Rule& r) { r.match.routes = {std::string(kMaxRouteLength, 'a')}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.routes = {std::string(kMaxRouteLength + 1, 'a')}; }));
  EXPECT_TRUE(passes([](Rule& r) { r.match.routes = {"/api/*", "*"}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.routes = {"/*/users"}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.routes = {"/users**"}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.routes = {""}; }));
  EXPECT_TRUE(passes([](Rule& r) { r.match.methods = {std::string(kMaxMethodLength, 'A')}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.methods = {std::string(kMaxMethodLength + 1, 'A')}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.match.methods = {"get"}; }));
  EXPECT_FALSE(passes([](Rule& r) { r.key = {KeyPart::user, KeyPart::user}; }));
  EXPECT_TRUE(passes([](Rule& r) { r.ipv4_prefix = 1; }));
  EXPECT_FALSE(passes([](Rule& r) { r.ipv4_prefix = 0; }));
  EXPECT_FALSE(passes([](Rule& r) { r.ipv4_prefix = 33; }));
  EXPECT_TRUE(passes([](Rule& r) { r.ipv6_prefix = 128; }));
  EXPECT_FALSE(passes([](Rule& r) { r.ipv6_prefix = 129; }));
  EXPECT_TRUE(passes([](Rule& r) { r.local_share = 1.0; }));
  EXPECT_FALSE(passes([](Rule& r) { r.local_share = 0.0; }));
  EXPECT_FALSE(passes([](Rule& r) { r.local_share = 1.01; }));
  EXPECT_FALSE(passes([](Rule& r) { r.local_share = std::nan(""); }));
}

TEST(Policy, OnlySharedStoresNeedRoomForSkewedClocks) {
  Policy policy;
  EXPECT_EQ(policy.clock_skew(), 0ns);
  policy.store = DynamoDbStore{.table = "weir"};
  EXPECT_EQ(policy.clock_skew(), kDynamoDbClockSkew);
  policy.max_clock_skew = 5ms;
  EXPECT_EQ(policy.clock_skew(), 5ms);
}

TEST(Policy, AnAnswerThatTakesTheWholeBudgetStillKeepsThePromise) {
  Policy policy;
  EXPECT_EQ(policy.decision_error(), 0ns);
  policy.max_clock_skew = 5ms;
  EXPECT_EQ(policy.decision_error(), 5ms);
  // Decided at the first instant of the budget and used at its last: half of it from the middle.
  policy.store = DynamoDbStore{.table = "weir", .budget = 300ms};
  EXPECT_EQ(policy.decision_error(), 155ms);
}

TEST(Policy, SuggestsTheNameThatWasProbablyMeant) {
  EXPECT_EQ(parse_key_part("api_kye").error().cure, "Did you mean 'api_key'?");
  EXPECT_EQ(parse_on_store_failure("open").error().cure,
            "Use one of local, leased, deny and allow");
  EXPECT_EQ(*parse_key_part("route"), KeyPart::route);
  EXPECT_EQ(to_string(OnStoreFailure::deny), "deny");
}

TEST(Policy, WhatWasWrittenIsQuotedSafely) {
  EXPECT_EQ(excerpt("a\x1b[31m\n\xff"), "a?[31m??");
  EXPECT_EQ(excerpt(std::string(65, 'x')), std::string(64, 'x') + "...");
}

}  // namespace
}  // namespace weir::policy
