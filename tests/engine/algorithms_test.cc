// Rules of every algorithm, one at a time and mixed: all or none.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

policy::Rule in_flight(std::int64_t n, Duration hold = 30s) {
  return {.id = "in-flight",
          .key = {policy::KeyPart::client_ip},
          .limit = {n, hold},
          .algorithm = policy::Algorithm::concurrency};
}
policy::Rule keys_of_a_network(std::int64_t m, Duration window = 1h) {
  return {.id = "keys-of-a-network",
          .key = {policy::KeyPart::client_ip},
          .limit = {m, window},
          .algorithm = policy::Algorithm::distinct,
          .distinct = policy::KeyPart::api_key};
}

TEST_F(LimiterTest, GcraLetsABurstPassAndThenTheRate) {
  policy::Rule rule = per_client(60, 60s);
  rule.algorithm = policy::Algorithm::gcra;
  rule.burst = 3;
  start({rule});
  EXPECT_EQ(admitted(10, [&] { return get("203.0.113.7"); }), 3);
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.reason, "rule 'per-client': its limit of 60/m is used up");
  EXPECT_EQ(refused.retry_after, 1s);
  clock_.advance(5s);
  EXPECT_EQ(admitted(10, [&] { return get("203.0.113.7"); }), 3);
}

TEST_F(LimiterTest, StrictGcraNeverLetsMoreThanNPassInAnyWindow) {
  policy::Rule rule = per_client(10, 10s);
  rule.algorithm = policy::Algorithm::gcra;
  rule.strict = true;
  start({rule});
  int passed = 0;
  for (int i = 0; i <= 100; ++i) {  // both ends of 10 s included
    passed += admitted(3, [&] { return get("203.0.113.7"); });
    clock_.advance(100ms);
  }
  EXPECT_EQ(passed, 10);
}

TEST_F(LimiterTest, AFixedWindowBeginsAnewAtItsEdge) {
  policy::Rule rule = per_client(2, 15min);
  rule.algorithm = policy::Algorithm::fixed_window;
  start({rule});  // kStart is the beginning of a quarter of an hour
  clock_.advance(14min);
  EXPECT_EQ(admitted(5, [&] { return get("203.0.113.7"); }), 2);
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.retry_after, 1min);
  EXPECT_EQ(refused.quotas[0].window, 15min);
  clock_.advance(1min - 1ns);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
  clock_.advance(1ns);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, AMonthIsTheMonthOfItsTimeZone) {
  policy::Rule rule = per_client(2, longest(CalendarUnit::month));
  rule.algorithm = policy::Algorithm::fixed_window;
  rule.calendar = CalendarUnit::month;
  rule.time_zone = "Asia/Kolkata";
  start({rule});  // 15 January 2027, 08:00 UTC
  EXPECT_EQ(admitted(5, [&] { return get("203.0.113.7"); }), 2);
  const Decision refused = get("203.0.113.7");
  EXPECT_EQ(refused.quotas[0].window, 31 * 24h);
  EXPECT_EQ(refused.retry_after, 16 * 24h + 10h + 30min) << "January ends at 18:30 UTC there";
  EXPECT_EQ(refused.reason, "rule 'per-client': its limit of 2/month is used up");
  clock_.advance(refused.retry_after);
  const Decision admitted_again = get("203.0.113.7");
  EXPECT_EQ(admitted_again.verdict, Verdict::admitted);
  EXPECT_EQ(admitted_again.quotas[0].window, 28 * 24h);
}

TEST_F(LimiterTest, DistinctStopsWhoComesWithEverNewKeys) {
  start({keys_of_a_network(3)});
  const auto ask = [&](std::string_view key) { return get_with_key("203.0.113.7", key); };
  for (const char* key : {"k1", "k2", "k3", "k1", "k3"})
    EXPECT_EQ(ask(key).verdict, Verdict::admitted) << key;
  const Decision refused = ask("k4");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.reason,
            "rule 'keys-of-a-network': its limit of 3/h different values of api_key is reached");
  EXPECT_EQ(ask("k2").verdict, Verdict::admitted) << "a key that is there is always admitted";
  EXPECT_EQ(get_with_key("203.0.113.8", "k4").verdict, Verdict::admitted) << "another network";
  clock_.advance(refused.retry_after);
  EXPECT_EQ(ask("k4").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, AValueThatIsWrittenLikeTheKeyThatItIsCountedForIsOneLikeAnyOther) {
  start({keys_of_a_network(2)});
  const auto ask = [&](std::string_view key) { return get_with_key("203.0.113.7", key); };
  EXPECT_EQ(ask("203.0.113.7").verdict, Verdict::admitted);
  EXPECT_EQ(ask("203.0.113.7").verdict, Verdict::admitted) << "one value, seen twice";
  EXPECT_EQ(ask("k1").verdict, Verdict::admitted);
  EXPECT_EQ(ask("k2").verdict, Verdict::refused);
  EXPECT_EQ(get_with_key("203.0.113.8", "203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, DistinctCountsKeysThatNobodyKnowsAndSkipsRequestsWithoutOne) {
  policy_.identity.api_key.verify = policy::Verify::required;
  start({keys_of_a_network(2)});
  EXPECT_EQ(admitted(5, [&] { return get("203.0.113.7"); }), 5);
  EXPECT_TRUE(get("203.0.113.7").quotas.empty());
  int number = 0;
  EXPECT_EQ(admitted(10,
                     [&] {
                       return get_with_key("203.0.113.7", "guess" + std::to_string(++number),
                                           identity::KeyStanding::unknown);
                     }),
            2);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, DistinctIsAskedLastAndCountsNothingThatAnotherRuleRefuses) {
  start({keys_of_a_network(1), everybody(1)});
  EXPECT_EQ(get_with_key("203.0.113.7", "k1").verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("203.0.113.8", "k2").rule, "everybody");
  clock_.advance(11s);
  EXPECT_EQ(get_with_key("203.0.113.8", "k3").verdict, Verdict::admitted)
      << "k2 was refused by the other rule and never seen";
}

TEST_F(LimiterTest, ARefusalByDistinctGivesBackWhatAllOthersCharged) {
  start({keys_of_a_network(1), everybody(10), in_flight(5), per_client(10)});
  EXPECT_EQ(get_with_key("203.0.113.7", "k1").verdict, Verdict::admitted);
  const Decision refused = get_with_key("203.0.113.7", "k2");
  EXPECT_EQ(refused.rule, "keys-of-a-network");
  EXPECT_EQ(store_->returns, 3);
  const Decision next = get_with_key("203.0.113.7", "k1");
  ASSERT_EQ(next.quotas.size(), 4U);
  EXPECT_EQ(next.quotas[1].remaining, 8);
  EXPECT_EQ(next.quotas[2].remaining, 3);
  EXPECT_EQ(next.quotas[3].remaining, 8);
}

TEST_F(LimiterTest, APlaceIsFreeAgainWhenALaterRuleRefuses) {
  start({in_flight(2), everybody(1)});
  const Decision first = get("203.0.113.7");
  EXPECT_EQ(first.verdict, Verdict::admitted);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get("203.0.113.7").rule, "everybody");
  clock_.advance(11s);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted) << "only the first is in flight";
}

TEST_F(LimiterTest, RequestsCostWhatTheRuleSaysOrElseWhatTheCallerSays) {
  policy::Rule heavy = per_client(100);
  heavy.id = "heavy";
  heavy.cost = 30;
  start({per_client(100), heavy});
  const auto ask = [&](std::int64_t cost) {
    return limiter_->decide({.peer = "203.0.113.7", .method = "GET", .cost = cost});
  };
  const Decision decision = ask(10);
  EXPECT_EQ(decision.quotas[0].remaining, 90);
  EXPECT_EQ(decision.quotas[1].remaining, 70);
  EXPECT_EQ(get("203.0.113.7").quotas[0].remaining, 89);
  EXPECT_EQ(ask(100).rule, "per-client");
  EXPECT_EQ(ask(89).quotas[1].remaining, 10) << "what a refused one was charged came back";
}

TEST_F(LimiterTest, ACostThatNeverFitsIsRefusedWithoutATimeToComeBack) {
  start({per_client(5), everybody(1, 60s)});
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  store_->knows = true;
  const Decision refused = limiter_->decide({.peer = "203.0.113.7", .method = "GET", .cost = 6});
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.retry_after, 0s);
  EXPECT_EQ(refused.rule, "per-client");
  EXPECT_EQ(refused.reason,
            "rule 'per-client': the request costs more than its limit of 5/10s ever lets pass");
}

TEST_F(LimiterTest, ACostThatIsNoneIsMalformed) {
  start({per_client(5)});
  for (const std::int64_t cost : {std::int64_t{0}, std::int64_t{-1}, kMaxCount + 1}) {
    const Decision decision =
        limiter_->decide({.peer = "203.0.113.7", .method = "GET", .cost = cost});
    EXPECT_EQ(decision.verdict, Verdict::malformed) << cost;
  }
  EXPECT_EQ(store_->charges, 0);
}

TEST_F(LimiterTest, ARuleFromCodeIsHeldToItsAlgorithm) {
  start({});
  policy::Rule rule = per_client(5);
  rule.burst = 3;
  EXPECT_EQ(limiter_->add_rule(rule).error().message,
            "rule 'per-client': 'burst' belongs to the algorithm gcra");
  rule.algorithm = policy::Algorithm::fixed_window;
  rule.burst = 0;
  rule.calendar = CalendarUnit::day;
  rule.time_zone = "Europe/Atlantis";
  EXPECT_FALSE(limiter_->add_rule(rule).has_value());
}

}  // namespace
}  // namespace weir::engine
