// Rules in words, their worst cases, and the ways around them.
#include "policy/explain.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/read.h"
#include "policy/ways_around.h"
#include "policy/worst_case.h"

namespace weir::policy {
namespace {

constexpr std::string_view kShared =
    "version: 1\nstore: {kind: dynamodb, table: weir, budget: 200ms, leases: true}\npepper: "
    "0123456789abcdef\n"
    "identity: {api_key: {verify: required}}\nrules:\n";

Policy read(const std::string& rules) {
  const Reading reading =
      read_policy(std::string(kShared) + rules, [](std::string_view) { return std::nullopt; });
  EXPECT_TRUE(reading.policy.has_value())
      << describe("weir.yaml", "error", reading.errors.empty() ? Problem{} : reading.errors[0]);
  return reading.policy.value_or(Policy{});
}

std::string worst(const std::string& rule) {
  const Policy policy = read("  - {id: a, " + rule + "}\n");
  return worst_case(policy, policy.rules.at(0));
}

std::string ways(const std::string& rules) {
  std::string lines;
  for (const Problem& way : ways_around(read(rules)))
    lines += std::to_string(way.line) + ": " + way.message + "\n";
  return lines;
}

TEST(WorstCase, IsSaidOfEachAlgorithm) {
  EXPECT_EQ(worst("limit: 100/m"), "100 in any 1m");
  EXPECT_EQ(worst("limit: 100/m, algorithm: gcra, burst: 20, strict: true"),
            "100 in any 1m: 20 at once and 80 that flow in");
  // 60 s and 2 * (100 ms + 100 ms) of decision error hold 60.4 s / 1 s = 60.
  EXPECT_EQ(worst("limit: 60/m, algorithm: gcra, burst: 20"),
            "80 in any 1m: 20 at once and 60 that flow in");
  EXPECT_EQ(worst("limit: 100/month, algorithm: fixed_window"),
            "200 within a moment: all of one window at its end, all of the next at its start");
  EXPECT_EQ(worst("limit: 20/h, algorithm: distinct, distinct: api_key"),
            "20 different values in any 1h; how often each comes is for other rules to say");
  EXPECT_EQ(worst("limit: 20 concurrent, hold: 30s, algorithm: concurrency"),
            "20 in flight; a request that takes longer than 30s is no longer counted");
  EXPECT_EQ(worst("limit: 100/m, cost: 30"), "100 (3 requests at a cost of 30) in any 1m");
}

TEST(WorstCase, OfAnOutageIsWhatThePolicyLetsPassThen) {
  const auto outage = [](const std::string& rule) {
    const Policy policy = read("  - {id: a, limit: 100/m, " + rule + "}\n");
    return worst_case_in_outage(policy, policy.rules.at(0));
  };
  EXPECT_EQ(outage("local_share: 0.25"), "25 more in each process, then 503");
  EXPECT_EQ(outage("on_store_failure: deny"), "nothing more: 503");
  EXPECT_EQ(outage("on_store_failure: allow"), "no limit: everything passes");
  EXPECT_EQ(outage("on_store_failure: leased"), "nothing more: what is paid for already, then 503");
  EXPECT_EQ(outage("on_store_failure: leased, algorithm: gcra"), "nothing more: 503");
}

TEST(Explain, SaysWhichRulesAreLeasedAndWhatThatCosts) {
  Policy policy = read("  - {id: a, limit: 10/m}\n");
  const std::string leased =
      "\n  leased    a busy node charges ahead, at most 1/8 of the room at once";
  EXPECT_NE(explain_at_length(policy, policy.rules[0]).find(leased), std::string::npos);
  std::get<DynamoDbStore>(policy.store).leases = false;
  EXPECT_EQ(explain_at_length(policy, policy.rules[0]).find(leased), std::string::npos);
}

TEST(Explain, NamesEachPartOfARule) {
  const Policy policy = read(
      "  - {id: a, key: user, match: {routes: /x}, cost: 2, limit: 10/month, "
      "algorithm: fixed_window, time_zone: Europe/Berlin}\n");
  EXPECT_EQ(explain_at_length(policy, policy.rules[0]),
            "a\n"
            "  limit     10/month of the calendar (Europe/Berlin)\n"
            "  counted   for each user\n"
            "  cost      2 for each request\n"
            "  about     every method on /x\n"
            "  at worst  20 (10 requests at a cost of 2) within a moment: all of one window at its "
            "end, all of the next at its start\n"
            "  outage    1 more in each process, then 503\n");
}

TEST(WaysAround, APolicyThatHoldsHasNone) {
  EXPECT_EQ(ways("  - {id: k, key: api_key, limit: 5/s}\n"
                 "  - {id: n, key: client_ip, limit: 50/s}\n"),
            "");
}

TEST(WaysAround, ManyKeysOrAccountsMultiplyALimitThatNothingStandsBehind) {
  const std::string by_key = "  - {id: k, key: api_key, limit: 5/s, match: {routes: /a}}\n";
  EXPECT_EQ(ways(by_key),
            "6: rule 'k' is multiplied by whoever has many API keys: no rule by client_ip or over "
            "everybody stands behind it\n");
  EXPECT_EQ(ways(by_key + "  - {id: d, key: client_ip, algorithm: distinct, distinct: api_key, "
                          "limit: 9/h}\n"),
            "");
  EXPECT_NE(ways(by_key + "  - {id: n, key: client_ip, limit: 9/h, match: {routes: /b}}\n"), "");
  EXPECT_NE(ways("  - {id: u, key: user, limit: 5/s}\n").find("many accounts"), std::string::npos);
}

TEST(WaysAround, GuessersUseTheEdgesOfWindowsAndFullBursts) {
  const std::string sign_in = "  - {id: s, key: client_ip, match: {routes: /login/}, limit: 5/h, ";
  EXPECT_NE(ways(sign_in + "algorithm: fixed_window}\n").find("twice its limit"),
            std::string::npos);
  EXPECT_NE(ways(sign_in + "algorithm: gcra}\n").find("a full burst"), std::string::npos);
  EXPECT_EQ(ways(sign_in + "algorithm: gcra, strict: true}\n"), "");
}

TEST(WaysAround, ACustomerHasMoreThanOneIpv6Address) {
  EXPECT_NE(
      ways("  - {id: n, key: client_ip, limit: 5/h, ipv6_prefix: 128}\n").find("IPv6 by /128"),
      std::string::npos);
}

TEST(WaysAround, AShadowRuleHoldsNobody) {
  EXPECT_NE(ways("  - {id: n, key: client_ip, limit: 5/h, shadow: true}\n")
                .find("is a shadow: it refuses nobody"),
            std::string::npos);
  EXPECT_NE(ways("  - {id: k, key: api_key, limit: 5/s}\n"
                 "  - {id: n, key: client_ip, limit: 5/h, shadow: true}\n")
                .find("many API keys"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::policy
