// The judge is judged: by the quadratic search of tests/support, and by histories that break one
// promise each.
#include "sim/judge.h"

#include <gtest/gtest.h>

#include "sim/draws.h"
#include "support/window_checker.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart = Time(1000s);

Rule rule_of(Algorithm algorithm, std::int64_t n, Duration window, std::int64_t burst = 1) {
  return {algorithm, 1, {{n, window, burst}}};
}

Admission admission(Duration at, std::uint64_t subject = 0) {
  const Time time = kStart + at;
  return {time, time, time, 1, 0, subject, time, 0, 0};
}

Refusal refusal(Duration at) {
  return {kStart + at, kStart + at, 1, 0, 0, 0};
}

// Of which it does not know what the table did.
Scenario over_an_ideal_store() {
  Scenario scenario;
  scenario.store = StoreKind::ideal;
  return scenario;
}

std::string verdict(const Account& account, const Rule& rule,
                    const Scenario& scenario = over_an_ideal_store()) {
  const auto violation = judge(account, scenario, rule, 0, kStart + 1h);
  return violation ? violation->promise : "kept";
}

TEST(Judge, FindsTheFullestWindowThatTheQuadraticSearchFinds) {
  int broken = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Draws draws(i);
    Account account;
    std::vector<test::Admission> same;
    const std::int64_t count = draws.between(0, 1, 40);
    for (std::int64_t k = 0; k < count; ++k) {
      const Draws one = draws.of(static_cast<std::uint64_t>(k));
      // Few different instants, so that the edges of closed intervals matter.
      account.admissions.push_back(admission(Duration(one.below(0, 60))));
      account.admissions.back().cost = one.between(1, 1, 3);
      same.push_back({account.admissions.back().asked, account.admissions.back().cost});
    }
    const std::int64_t n = draws.between(1, 1, 30);
    const Duration window(draws.between(2, 1, 20));
    const bool kept = verdict(account, rule_of(Algorithm::exact_window, n, window)) == "kept";
    EXPECT_EQ(kept, test::fullest_window(same, window).admitted <= n);
    broken += kept ? 0 : 1;
  }
  EXPECT_GT(broken, 50);
  EXPECT_LT(broken, 450);
}

TEST(Judge, LooksAtEachOfTheThreeInstantsOfAnAdmission) {
  for (Time Admission::*instant : {&Admission::asked, &Admission::charged, &Admission::answered}) {
    Account account;
    account.admissions = {admission(0s), admission(61s)};
    account.admissions[1].*instant = kStart + 60s;
    EXPECT_EQ(verdict(account, rule_of(Algorithm::exact_window, 1, 60s)), "at most N in any W");
  }
}

TEST(Judge, WantsWhatIsLetThroughToStayChargedToItsSlot) {
  const Rule rule = rule_of(Algorithm::exact_window, 9, 60s);
  Account account;
  account.admissions = {admission(0s), admission(0s)};
  for (Admission& each : account.admissions) each.slot = 7;
  account.bookings = {{7, 3}, {7, -1}};
  EXPECT_EQ(verdict(account, rule, Scenario()), "kept");
  account.bookings = {{7, 3}, {7, -2}};
  EXPECT_EQ(verdict(account, rule, Scenario()), "what is let through stays charged");
  account.bookings = {{7, 1}, {8, 1}};
  EXPECT_EQ(verdict(account, rule, Scenario()), "what is let through stays charged");
}

TEST(Judge, WantsAReasonForARefusal) {
  const Rule rule = rule_of(Algorithm::exact_window, 1, 60s);
  Account account;
  account.commits = {{kStart, 1, 0}};
  account.refusals = {refusal(60s)};
  EXPECT_EQ(verdict(account, rule), "kept");
  // K is 60, so a charge has ended for certain after K+1 slots of a second.
  account.refusals = {refusal(62s)};
  EXPECT_EQ(verdict(account, rule), "a refusal has a reason");
}

TEST(Judge, WantsAllOfNToBeUsableWhenDemandNeverEnds) {
  Scenario scenario = over_an_ideal_store();
  scenario.is_steady = true;
  Account account;
  account.commits = {{kStart, 1, 0}};
  account.admissions = {admission(0s)};
  EXPECT_EQ(verdict(account, rule_of(Algorithm::exact_window, 1, 60s), scenario),
            "all of N is usable");
}

TEST(Judge, WantsEachAdmissionToFitTheNumbersInForce) {
  Rule rule = rule_of(Algorithm::exact_window, 3, 60s);
  rule.versions.push_back({1, 60s, 1});
  Account account;
  account.admissions = {admission(0s), admission(1s)};
  EXPECT_EQ(verdict(account, rule), "kept");
  account.admissions[1].version = 1;
  EXPECT_EQ(verdict(account, rule), "at most the N in force");
}

TEST(Judge, AllowsGcraItsBurstAndWhatFlowsInAndNoMore) {
  // 10 in 60 s, 4 at once: 7 flow in over W, so T is a little above 60 s / 7.
  const Rule rule = rule_of(Algorithm::gcra, 10, 60s, 4);
  Account account;
  for (int i = 0; i < 4; ++i) account.admissions.push_back(admission(0s));
  EXPECT_EQ(verdict(account, rule), "kept");
  account.admissions.push_back(admission(9s));
  EXPECT_EQ(verdict(account, rule), "kept");
  account.admissions.push_back(admission(9s));
  EXPECT_EQ(verdict(account, rule), "at most B and what flows in");
}

TEST(Judge, WantsAReasonForGcrasRefusal) {
  const Rule rule = rule_of(Algorithm::gcra, 10, 60s, 2);
  Account account;
  account.commits = {{kStart, 2, 0}};
  account.refusals = {refusal(1s)};
  EXPECT_EQ(verdict(account, rule), "kept");
  account.refusals = {refusal(10s)};
  EXPECT_EQ(verdict(account, rule), "a refusal has a reason");
}

TEST(Judge, AllowsTheFixedWindow2NAndNoMore) {
  const Rule rule = rule_of(Algorithm::fixed_window, 2, 60s);
  Account account;
  for (int i = 0; i < 4; ++i) account.admissions.push_back(admission(1s));
  EXPECT_EQ(verdict(account, rule), "kept");
  account.admissions.push_back(admission(2s));
  EXPECT_EQ(verdict(account, rule), "at most 2N in W");
}

TEST(Judge, CountsDifferentSubjectsAndNotRequests) {
  const Rule rule = rule_of(Algorithm::distinct, 2, 60s);
  Account account;
  account.admissions = {admission(0s, 1), admission(1s, 2), admission(2s, 1), admission(3s, 2)};
  EXPECT_EQ(verdict(account, rule), "kept");
  account.admissions.push_back(admission(60s, 3));
  EXPECT_EQ(verdict(account, rule), "at most M different in any W");
  account.admissions.back() = admission(62s, 3);
  EXPECT_EQ(verdict(account, rule), "at most M different in any W");  // of 2 s, 3 s and 62 s
  account.admissions.back() = admission(64s, 3);
  EXPECT_EQ(verdict(account, rule), "kept");
}

TEST(Judge, CountsWhatIsInFlightAtOnce) {
  const Rule rule = rule_of(Algorithm::concurrency, 1, 60s);
  Account account;
  account.admissions = {admission(0s), admission(5s)};
  account.admissions[0].finished = kStart + 5s;
  account.admissions[1].finished = kStart + 9s;
  EXPECT_EQ(verdict(account, rule), "kept");  // one ends as the other begins
  account.admissions[0].finished = kStart + 6s;
  EXPECT_EQ(verdict(account, rule), "at most M in flight");
}

TEST(Judge, WantsPlacesToBeHeldWhereConcurrencyRefuses) {
  const Rule rule = rule_of(Algorithm::concurrency, 1, 60s);
  Account account;
  account.commits = {{kStart, 1, 7}};
  account.refusals = {refusal(5s)};
  EXPECT_EQ(verdict(account, rule), "kept");
  account.releases = {{7, kStart + 4950ms}};
  EXPECT_EQ(verdict(account, rule), "kept");  // a node may not have heard of it
  account.releases = {{7, kStart + 4s}};
  EXPECT_EQ(verdict(account, rule), "a refusal has a reason");
}

}  // namespace
}  // namespace weir::sim
