// The promise: at most N in any interval of real time of length W, whatever comes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/duration.h"
#include "limit/crowd.h"

namespace rc {

template <>
struct Arbitrary<weir::test::Step> {
  static Gen<weir::test::Step> arbitrary() {
    using weir::test::Step;
    // Small sizes would keep the numbers small: each of them is meant to take any value.
    const auto number = gen::resize(100, gen::arbitrary<std::uint8_t>());
    return gen::build<Step>(gen::set(&Step::pause, number), gen::set(&Step::share, number),
                            gen::set(&Step::error, number), gen::set(&Step::delay, number),
                            gen::set(&Step::cost, number), gen::set(&Step::gives_back, number));
  }
};

}  // namespace rc

namespace weir::test {

void showValue(const Step& step, std::ostream& out) {
  out << "{" << int{step.pause} << ", " << int{step.share} << ", " << int{step.error} << ", "
      << int{step.delay} << ", " << int{step.cost} << ", " << int{step.gives_back} << "}";
}

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::vector<Duration>& windows() {
  static const std::vector<Duration> all = {
      milliseconds(1), milliseconds(99), milliseconds(100),    milliseconds(199),
      seconds(1),      seconds(7),       milliseconds(12'345), minutes(1),
      hours(1),        hours(24),        hours(24 * 31),       kMaxDuration};
  return all;
}

const std::vector<std::int64_t>& limits() {
  static const std::vector<std::int64_t> all = {
      1, 2, 3, 10, 100, 255, 256, 65'535, 65'536, UINT32_MAX, int64_t{UINT32_MAX} + 1, kMaxCount};
  return all;
}

World random_world(Rng& rng) {
  const Duration window = windows()[rng.below(windows().size())];
  const auto part = [&](std::uint64_t most) {
    return window * static_cast<std::int64_t>(rng.below(most)) / 100;
  };
  return {.n = limits()[rng.below(limits().size())],
          .window = window,
          .clock_error = rng.below(2) == 0 ? Duration(0) : part(150),
          .delay = rng.below(2) == 0 ? Duration(0) : part(100)};
}

RC_GTEST_PROP(ExactWindowPromise, HoldsForAnyHistoryWithExactClocks, (std::vector<Step> steps)) {
  const World world{.n = *rc::gen::elementOf(limits()), .window = *rc::gen::elementOf(windows())};
  RC_ASSERT(play(world, steps).fullest(world.window) <= world.n);
}

RC_GTEST_PROP(ExactWindowPromise, HoldsInRealTimeForAnyHistoryWithWrongClocksAndSlowDecisions,
              (std::vector<Step> steps, std::uint64_t seed)) {
  Rng rng(seed);
  const World world = random_world(rng);
  RC_ASSERT(play(world, steps).fullest(world.window) <= world.n);
}

// Longer histories than a shrinking generator makes, of every limit and window.
TEST(ExactWindowPromise, HoldsForLongHistoriesOfEveryLimitAndWindow) {
  std::int64_t admitted = 0, refused = 0;
  for (const Duration window : windows()) {
    for (const std::int64_t n : limits()) {
      for (const int percent : {0, 10, 120}) {
        Rng rng(static_cast<std::uint64_t>(n + window.count() + percent));
        const World world{.n = n,
                          .window = window,
                          .clock_error = window * percent / 100,
                          .delay = window * percent / 200};
        const History history = play(world, random_steps(rng, 600));
        ASSERT_LE(history.fullest(window), n)
            << "N " << n << ", W " << format_duration(window) << ", error " << percent << " %";
        admitted += static_cast<std::int64_t>(history.asked.size());
        refused += history.refused;
      }
    }
  }
  // The crowd puts the limit to the test: both answers are common.
  EXPECT_GT(admitted, 30'000);
  EXPECT_GT(refused, 30'000);
}

// Decisions are the same whatever type the counts have.
TEST(ExactWindowPromise, DoesNotDependOnTheWidthOfACount) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    World world = random_world(rng);
    world.n = 1 + world.n % 127;
    const std::vector<Step> steps = random_steps(rng, 300);
    const History expected = play<std::int64_t>(world, steps);
    const auto same = [&](const History& other) {
      return std::equal(expected.decided.begin(), expected.decided.end(), other.decided.begin(),
                        other.decided.end(), [](const Admission& a, const Admission& b) {
                          return a.at == b.at && a.cost == b.cost;
                        });
    };
    EXPECT_TRUE(same(play<std::int8_t>(world, steps)));
    EXPECT_TRUE(same(play<std::uint8_t>(world, steps)));
    EXPECT_TRUE(same(play<std::uint16_t>(world, steps)));
    EXPECT_TRUE(same(play<std::int32_t>(world, steps)));
    EXPECT_TRUE(same(play<std::uint32_t>(world, steps)));
    EXPECT_TRUE(same(play<std::uint64_t>(world, steps)));
  }
}

// The judge sees what it must: a fixed window's double burst across its edge, and edges themselves.
TEST(WindowChecker, FindsTheBurstAcrossAFixedWindowsEdge) {
  std::vector<Admission> admissions;
  for (int i = 0; i < 10; ++i) admissions.push_back({Time(seconds(59))});
  for (int i = 0; i < 10; ++i) admissions.push_back({Time(seconds(60))});
  EXPECT_EQ(fullest_window(admissions, seconds(60)).admitted, 20);
  EXPECT_EQ(fullest_window(admissions, seconds(60)).start, Time(seconds(59)));
  EXPECT_EQ(fullest_window({}, seconds(60)).admitted, 0);
}

TEST(WindowChecker, CountsBothEndsOfAnIntervalAndTheCosts) {
  const std::vector<Admission> admissions = {{Time(seconds(70)), 4}, {Time(seconds(10)), 3}};
  EXPECT_EQ(fullest_window(admissions, seconds(60)).admitted, 7);
  EXPECT_EQ(fullest_window(admissions, seconds(60) - Duration(1)).admitted, 4);
}

}  // namespace
}  // namespace weir::test
