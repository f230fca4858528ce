// The scenarios can fail: callers and a store that are wrong on purpose are found out. Each runs
// until it is, so a scenario that could no longer see the mistake never ends well.
#include "faults/scenario.h"
#include "support/dynamodb_wire.h"

namespace weir::test {
namespace {

using Kind = Fault::Kind;

class JudgeTest : public ScenarioTest {
 protected:
  // Whether some window comes to hold more than N.
  bool finds(const Scenario& scenario) {
    const RecordingPlan plan = plan_of(scenario);
    mix_.set(scenario.faults);
    Crowd crowd(GetParam().name, address_, plan, kProcesses, rng_());
    return crowd.wait_until([&](const Recording& recording) {
      return fullest_window(recording.asked, plan.window).admitted > plan.n;
    });
  }
};

TEST_P(JudgeTest, FindsAStoreThatForgetsItsConditions) {
  // Each store's own check of the table, under the key of zeros, would find it by itself.
  const auto charges_without = [](std::string request) {
    const std::string key = read_wire_request(request).key;
    const bool check = key.find_first_not_of("A=") == std::string::npos;
    return check ? request : without_condition(std::move(request));
  };
  EXPECT_TRUE(
      finds({.faults = {{"no condition", 1.0, {.kind = Kind::change, .edit = charges_without}}}}));
}

TEST_P(JudgeTest, FindsACallerThatTakesAnUnknownOutcomeForAdmitted) {
  EXPECT_TRUE(finds({.faults = {{"cut", 0.5, {.kind = Kind::cut}}}, .habit = Habit::uses_unknown}));
}

TEST_P(JudgeTest, FindsACallerThatGivesBackTwice) {
  EXPECT_TRUE(finds({.habit = Habit::gives_back_twice}));
}

TEST_P(JudgeTest, FindsClocksThatRunTooFast) {
  EXPECT_TRUE(finds({.habit = Habit::fast_clock}));
}

INSTANTIATE_TEST_SUITE_P(Faults, JudgeTest, testing::ValuesIn(kinds({"dynoxide"})), kind_name);

}  // namespace
}  // namespace weir::test
