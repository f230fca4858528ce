// Somebody whom the policy names: allow and deny lists, and overrides.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

policy::Somebody network(std::string_view text) {
  return *Network::parse(text);
}
policy::Somebody api_key(std::string_view key) {
  return policy::ApiKeyDigest{sha256(key)};
}

TEST_F(LimiterTest, WhoIsDeniedGetsA403AndIsNotCounted) {
  policy_.deny = {network("203.0.113.0/24"), api_key("stolen"), policy::UserName{"mallory"}};
  start({everybody(100)});
  const Decision denied = get("203.0.113.7");
  EXPECT_EQ(denied.verdict, Verdict::denied);
  EXPECT_EQ(denied.reason, "the policy denies access");
  EXPECT_EQ(get_with_key("198.51.100.1", "stolen").verdict, Verdict::denied);
  EXPECT_EQ(get_with_key("198.51.100.1", "stolen", identity::KeyStanding::unknown).verdict,
            Verdict::denied);
  EXPECT_EQ(limiter_->decide({.peer = "198.51.100.1", .user = "mallory"}).verdict, Verdict::denied);
  EXPECT_EQ(store_->charges, 0);
  EXPECT_EQ(get_with_key("198.51.100.1", "other").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, WhoIsAllowedIsNeitherLimitedNorCounted) {
  policy_.allow = {network("10.0.0.0/8"), api_key("monitoring")};
  start({everybody(1)});
  EXPECT_EQ(admitted(5, [&] { return get("10.1.2.3"); }), 5);
  EXPECT_EQ(admitted(5, [&] { return get_with_key("203.0.113.7", "monitoring"); }), 5);
  EXPECT_TRUE(get("10.1.2.3").quotas.empty());
  EXPECT_EQ(store_->charges, 0);
  EXPECT_EQ(admitted(5, [&] { return get("203.0.113.7"); }), 1);
}

TEST_F(LimiterTest, AKeyThatNobodyKnowsAnyMoreIsNotAllowed) {
  policy_.identity.api_key.verify = policy::Verify::required;
  policy_.allow = {api_key("revoked")};
  start({everybody(1)});
  const auto ask = [&] {
    return get_with_key("203.0.113.7", "revoked", identity::KeyStanding::unknown);
  };
  EXPECT_EQ(admitted(5, ask), 1);
}

TEST_F(LimiterTest, DenyGoesBeforeAllow) {
  policy_.allow = {network("10.0.0.0/8")};
  policy_.deny = {network("10.6.6.6/32")};
  start({});
  EXPECT_EQ(get("10.1.1.1").verdict, Verdict::admitted);
  EXPECT_EQ(get("10.6.6.6").verdict, Verdict::denied);
}

TEST_F(LimiterTest, AListNamesOneAddressHoweverWideClientsAreCounted) {
  policy_.deny = {network("2001:db8::7/128")};
  start({});
  EXPECT_EQ(get("2001:db8::7").verdict, Verdict::denied);
  EXPECT_EQ(get("2001:db8::8").verdict, Verdict::admitted) << "of the same /64";
}

TEST_F(LimiterTest, ListsAreAskedForRulesOfCodeAsWell) {
  policy_.deny = {network("203.0.113.7/32")};
  start({});
  const RuleHandle handle = *limiter_->add_rule(everybody(1));
  const auto verdict = [&](std::string_view peer) {
    const AskedRule asked{handle};
    return limiter_->decide({.peer = peer}, std::span(&asked, 1)).verdict;
  };
  EXPECT_EQ(verdict("203.0.113.7"), Verdict::denied);
  EXPECT_EQ(verdict("203.0.113.8"), Verdict::admitted);
}

TEST_F(LimiterTest, AForwardedAddressFromAStrangerIsOnNoList) {
  policy_.allow = {network("10.0.0.0/8")};
  start({everybody(1)});
  const std::vector<identity::HeaderField> spoofed = {{"X-Forwarded-For", "10.0.0.1"}};
  const auto ask = [&] { return limiter_->decide({.peer = "203.0.113.7", .headers = spoofed}); };
  EXPECT_EQ(admitted(5, ask), 1);
}

TEST_F(LimiterTest, AnAddressOfATransitionMechanismIsTheOneInside) {
  policy_.identity.embedded_ipv4 = true;
  policy_.deny = {network("203.0.113.7/32")};
  start({});
  EXPECT_EQ(get("64:ff9b::203.0.113.7").verdict, Verdict::denied);
  EXPECT_EQ(get("64:ff9b::203.0.113.8").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, AMalformedIdentifierThatAListAsksForIsA400) {
  policy_.deny = {api_key("stolen")};
  start({});
  EXPECT_EQ(get_with_key("203.0.113.7", "two,values").verdict, Verdict::malformed);
}

TEST_F(LimiterTest, AnOverrideGivesSomebodyAnotherLimit) {
  policy::Rule rule = per_key(2);
  rule.overrides = {{.who = api_key("gold"), .limit = {5, 20s}},
                    {.who = api_key("gold"), .limit = {9, 20s}}};
  start({rule});
  EXPECT_EQ(admitted(9, [&] { return get_with_key("203.0.113.7", "gold"); }), 5)
      << "the first that fits";
  const Decision refused = get_with_key("203.0.113.7", "gold");
  EXPECT_EQ(refused.quotas[0].limit, 5);
  EXPECT_EQ(refused.quotas[0].window, 20s);
  EXPECT_EQ(refused.reason, "rule 'per-key': its limit of 5/20s is used up");
  EXPECT_EQ(admitted(9, [&] { return get_with_key("203.0.113.7", "tin"); }), 2);
}

TEST_F(LimiterTest, OfTwoOverridesThatFitTheFirstCounts) {
  policy::Rule rule = per_client(2);
  rule.overrides = {{.who = network("10.1.0.0/16"), .limit = {3, 20s}},
                    {.who = network("10.0.0.0/8"), .limit = {5, 20s}}};
  start({rule});
  EXPECT_EQ(admitted(9, [&] { return get("10.1.2.3"); }), 3);
  EXPECT_EQ(admitted(9, [&] { return get("10.2.2.3"); }), 5);
}

TEST_F(LimiterTest, AnOverrideOfANetworkIsForEachClientInIt) {
  policy::Rule rule = per_client(1);
  rule.overrides = {{.who = network("192.0.2.0/24"), .limit = {3, 10s}},
                    {.who = network("2001:db8::/32"), .limit = {2, 10s}}};
  start({rule});
  EXPECT_EQ(admitted(9, [&] { return get("192.0.2.1"); }), 3);
  EXPECT_EQ(admitted(9, [&] { return get("192.0.2.2"); }), 3);
  EXPECT_EQ(admitted(9, [&] { return get("2001:db8:1::1"); }), 2);
  EXPECT_EQ(admitted(9, [&] { return get("203.0.113.7"); }), 1);
}

TEST_F(LimiterTest, AKeyThatNobodyKnowsHasNoOverride) {
  policy_.identity.api_key.verify = policy::Verify::required;
  policy::Rule rule = per_key(1);
  rule.overrides = {{.who = api_key("gold"), .limit = {5, 10s}}};
  start({rule});
  EXPECT_EQ(
      admitted(9,
               [&] { return get_with_key("203.0.113.7", "gold", identity::KeyStanding::unknown); }),
      1);
}

TEST_F(LimiterTest, AnOverrideThatWouldSplitACounterIsRefused) {
  policy::Rule rule = per_client(1);
  rule.overrides = {{.who = api_key("gold"), .limit = {5, 10s}}};
  start({});
  EXPECT_EQ(limiter_->add_rule(rule).error().message,
            "rule 'per-client': an override by api_key of a rule that does not count by api_key");
  rule.overrides = {{.who = network("2001:db8::1/128"), .limit = {5, 10s}}};
  EXPECT_EQ(limiter_->add_rule(rule).error().message,
            "the override for 2001:db8::1/128 of rule 'per-client' is about a part of what counts "
            "as one client, a /64");
}

}  // namespace
}  // namespace weir::engine
