// What makes a failing seed worth having: it fails again, it becomes short, and it can be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/shrink.h"
#include "sim/world.h"

namespace weir::sim {
namespace {

TEST(Simulation, GivesTheSameHistoryForTheSameSeedByteForByte) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Scenario scenario = scenario_of(seed);
    const Outcome first = run(scenario, true);
    const Outcome second = run(scenario, true);
    EXPECT_EQ(first.digest, second.digest);
    ASSERT_EQ(first.history, second.history) << "seed " << seed;
    EXPECT_EQ(run(scenario, false).digest, first.digest) << "looking must not change what happens";
  }
}

TEST(Simulation, GivesDifferentHistoriesForDifferentSeeds) {
  EXPECT_NE(run(scenario_of(1)).digest, run(scenario_of(2)).digest);
}

TEST(Simulation, HasEverySeedRunEveryKindOfFaultSomewhere) {
  FaultSet seen;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Scenario scenario = scenario_of(seed);
    for (int i = 0; i < kFaults; ++i) {
      if (scenario.faults.has(static_cast<Fault>(i))) seen.add(static_cast<Fault>(i));
    }
  }
  EXPECT_EQ(seen, FaultSet::all());
}

// A world that breaks what the promise asks for: clocks that are off by ten times what the limiter
// was told.
Scenario with_bad_clocks() {
  for (std::uint64_t seed = 1;; ++seed) {
    Scenario scenario = scenario_of(seed);
    if (scenario.is_steady || scenario.clock_error == Duration::zero()) continue;
    scenario.clock_excess = 10 * scenario.clock_error;
    const Outcome outcome = run(scenario);
    if (outcome.violation && outcome.violation->promise == "at most N in any W") return scenario;
  }
}

TEST(Shrinking, LeavesAHistoryThatBreaksTheSamePromiseAndIsShort) {
  const Scenario failing = with_bad_clocks();
  const Violation violation = *run(failing).violation;
  const Shrunk shrunk = shrink(failing, violation);
  EXPECT_EQ(shrunk.violation.promise, violation.promise);
  const std::string before = run(failing, true).history;
  const std::string after = run(shrunk.scenario, true).history;
  EXPECT_LT(after.size() * 10, before.size());
  EXPECT_THAT(after, testing::HasSubstr("ADMITS"));
  EXPECT_LE(shrunk.scenario.nodes, failing.nodes);
}

TEST(Shrinking, FindsTheSameEachTime) {
  const Scenario failing = with_bad_clocks();
  const Violation violation = *run(failing).violation;
  EXPECT_EQ(command_line(shrink(failing, violation).scenario),
            command_line(shrink(failing, violation).scenario));
}

TEST(Shrinking, SaysHowToReplayItOnOneLine) {
  Scenario scenario = scenario_of(7);
  scenario.nodes += 1;
  scenario.faults = {};
  scenario.faults.add(Fault::crash);
  scenario.only_requests = {request_number(3, 0), request_number(9, 2)};
  scenario.only_disturbances.emplace();
  EXPECT_EQ(command_line(scenario),
            "--seed 7 --nodes " + std::to_string(scenario.nodes) +
                " --faults crash --only-requests 3,9.2 --only-disturbances none");
  EXPECT_EQ(command_line(scenario_of(7)), "--seed 7");
}

}  // namespace
}  // namespace weir::sim
