#include "scan/limit_model/fit.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "scan/experiment/estimate.h"
#include "scan/limit_model/candidates/engines.h"

namespace weir::scan {
namespace {

using namespace candidates;

// Bursts and polls over some windows, as a scan sends them, with the jitter of a round trip.
template <class Engine>
std::vector<Observation> observe(Engine engine, std::uint64_t seed, double fault_share = 0) {
  Rng rng(seed);
  std::vector<Observation> trace;
  double t = 1000 + static_cast<double>(rng.below(10000)) / 1000;
  const auto send = [&] {
    const double sent = t;
    t += 0.001 + static_cast<double>(rng.below(3000)) / 1e6;
    const bool faulty = static_cast<double>(rng.below(1000)) < fault_share * 1000;
    const bool admitted = candidates::admit(engine, (sent + t) / 2);
    trace.push_back({sent, t, admitted && !faulty, false, faulty});
  };
  for (int window = 0; window < 3; ++window) {
    // Half now and half later: a log forgets them one by one, a fixed window together.
    for (int i = 0; i < 3; ++i) send();
    t += 2.2;
    for (int i = 0; i < 6; ++i) send();
    for (int i = 0; i < 25; ++i) {
      t += 0.3 + static_cast<double>(rng.below(200)) / 1000;
      send();
    }
    t += 3;
  }
  return trace;
}

TEST(Fit, NamesEachEngineFromItsTrace) {
  int counters = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const FitQuestion question{{6}, {5.0}};
    EXPECT_EQ(fit_limit(observe(SlidingLog(6, 5), seed), question).kind, LimitKind::sliding_window);
    EXPECT_EQ(fit_limit(observe(FixedFirstHit(6, 5), seed), question).kind,
              LimitKind::fixed_window_first_hit);
    EXPECT_EQ(fit_limit(observe(FixedClock(6, 5, 0.7), seed), question).kind,
              LimitKind::fixed_window_clock);
    EXPECT_EQ(fit_limit(observe(TokenBucket(6, 5), seed), question).kind, LimitKind::token_bucket);
    // A polled counter is chaotic: a small error in its phase changes many verdicts. Then it is
    // unknown, never another kind.
    const LimitKind counter = fit_limit(observe(SlidingCounter(6, 5, 0.7), seed), question).kind;
    counters += counter == LimitKind::sliding_counter ? 1 : 0;
    EXPECT_TRUE(counter == LimitKind::sliding_counter || counter == LimitKind::unknown);
  }
  EXPECT_GE(counters, 6);
}

TEST(Fit, ToleratesAFewPercentOfUnclearVerdicts) {
  int right = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Fit fit = fit_limit(observe(SlidingLog(6, 5), seed, 0.01), {{6}, {5.0}});
    right += fit.kind == LimitKind::sliding_window ? 1 : 0;
  }
  EXPECT_GE(right, 19);
}

TEST(Fit, BearsAFirstAnswerThatTookLong) {
  // Sent before the edge at 1002, decided after it, as the target was still starting.
  FixedClock engine(3, 6.0, 1002.0);
  std::vector<Observation> trace;
  const auto send = [&](double sent_s, double answered_s) {
    trace.push_back({sent_s, answered_s, candidates::admit(engine, answered_s - 0.001)});
  };
  send(999.5, 1002.2);
  for (int i = 0; i < 120; ++i) send(1002.3 + 0.15 * i, 1002.302 + 0.15 * i);
  const Fit fit = fit_limit(trace, {{3}, {}});
  EXPECT_EQ(fit.kind, LimitKind::fixed_window_clock);
  EXPECT_NEAR(fit.window_s, 6.0, 0.1);
}

TEST(Fit, LeavesOutOfTheFitWhatARaceLetThrough) {
  SlidingLog engine(4, 5.0);
  std::vector<Observation> trace;
  double t = 100;
  const auto send = [&] {
    trace.push_back({t, t + 0.002, candidates::admit(engine, t + 0.001)});
    t += 0.1;
  };
  send();
  send();
  t += 2;  // the log forgets these two later
  for (int i = 0; i < 60; ++i) send();
  t += 5;
  for (int i = 0; i < 12; ++i) {  // all at once, and all of them pass
    trace.push_back({t, t + 0.002, true, true});
    engine.charge(t + 0.001);
  }
  t += 0.1;
  for (int i = 0; i < 100; ++i) send();
  const Fit fit = fit_limit(trace, {{4}, {}});
  EXPECT_EQ(fit.kind, LimitKind::sliding_window);
  EXPECT_EQ(fit.n, 4);
  EXPECT_NEAR(fit.window_s, 5.0, 0.15);
  EXPECT_GE(fit.share, kMinFit);
}

TEST(Fit, SaysUnknownRatherThanGuess) {
  Rng rng(1);
  std::vector<Observation> noise;
  for (int i = 0; i < 200; ++i) {
    const double t = i * 0.37;
    noise.push_back({t, t + 0.001, rng.below(2) == 0});
  }
  EXPECT_EQ(fit_limit(noise, {{6}, {5.0}}).kind, LimitKind::unknown);
}

TEST(Fit, BearsAnEmptyTrace) {
  EXPECT_EQ(fit_limit({}, {{6}, {5.0}}).kind, LimitKind::unknown);
  EXPECT_EQ(fit_limit({{0, 0, true}}, {}).kind, LimitKind::unknown);
}

TEST(WindowLowerBound, IsNeverAboveTheWindow) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_LE(window_lower_bound(observe(SlidingLog(6, 5), seed), 6), 5.0);
    EXPECT_LE(window_lower_bound(observe(FixedFirstHit(6, 5), seed), 6), 5.0);
    EXPECT_LE(window_lower_bound(observe(FixedClock(6, 5, 1.3), seed), 6), 5.0);
  }
}

}  // namespace
}  // namespace weir::scan
