// The promise through everything that networks, services and machines do to it.
#include "faults/scenario.h"

namespace weir::test {
namespace {

using std::chrono::milliseconds;
using Kind = Fault::Kind;

const Fault kLostAnswer{.kind = Kind::lose_answer};
const Fault kReset{.kind = Kind::cut, .reset = true};
const Fault kHalfOpen{.kind = Kind::half_open};
const Fault kSilence{.kind = Kind::silence};
const Fault kDuplicate{.kind = Kind::duplicate};
const Fault kSlowClose{.slow_close = milliseconds(400)};
const Fault kTrickle{.bytes_per_second = 1'500};
const Fault kLateRequest{.before = milliseconds(200)};
const Fault kLateAnswer{.after = milliseconds(100)};

Fault refusing(std::string_view type) {
  return {.kind = Kind::replace, .answer = aws_error_answer(type)};
}
Fault failing_after_the_commit() {
  return {.kind = Kind::substitute, .answer = aws_error_answer("InternalServerError", 500)};
}

class CrowdFaultsTest : public ScenarioTest {};

TEST_P(CrowdFaultsTest, HoldsWhenAnswersAreLostAfterTheCommit) {
  holds_through({.faults = {{"lost answers", 0.3, kLostAnswer}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenConnectionsAreReset) {
  holds_through({.faults = {{"resets", 0.3, kReset}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenRequestsAndAnswersAreLate) {
  // A request that is carried out after its sender gave up, an answer just within its patience.
  holds_through(
      {.faults = {{"late requests", 0.2, kLateRequest}, {"late answers", 0.3, kLateAnswer}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenNothingIsAnsweredAnyMore) {
  holds_through({.faults = {{"half open", 0.1, kHalfOpen}, {"silence", 0.1, kSilence}}});
}

TEST_P(CrowdFaultsTest, HoldsOnSlowLinesAndSlowlyClosedConnections) {
  holds_through({.faults = {{"trickling", 0.2, kTrickle}, {"slow close", 0.2, kSlowClose}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenThrottled) {
  holds_through({.faults = {{"throughput", 0.2, refusing("ProvisionedThroughputExceededException")},
                            {"throttling", 0.2, refusing("ThrottlingException")}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenTheServiceFailsAfterTheCommit) {
  holds_through({.faults = {{"500", 0.3, failing_after_the_commit()}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenRequestsArriveTwice) {
  holds_through({.faults = {{"twice", 0.3, kDuplicate}}});
}

TEST_P(CrowdFaultsTest, HoldsThroughAnOutage) {
  holds_through({.faults = {{"outage", 1.0, kReset}}});
}

TEST_P(CrowdFaultsTest, HoldsWhenEverythingHappensAtOnce) {
  holds_through({.faults = {{"lost answers", 0.05, kLostAnswer},
                            {"resets", 0.05, kReset},
                            {"half open", 0.02, kHalfOpen},
                            {"silence", 0.02, kSilence},
                            {"late requests", 0.05, kLateRequest},
                            {"late answers", 0.05, kLateAnswer},
                            {"trickling", 0.03, kTrickle},
                            {"slow close", 0.05, kSlowClose},
                            {"throttling", 0.05, refusing("ThrottlingException")},
                            {"500", 0.05, failing_after_the_commit()},
                            {"twice", 0.05, kDuplicate}},
                 .meanwhile = [](Crowd& crowd, Rng& rng) {
                   const std::size_t worker = rng.below(crowd.size());
                   if (rng.below(3) == 0) return crowd.replace(worker);
                   crowd.suspend(worker);
                   base::sleep_for(milliseconds(static_cast<std::int64_t>(rng.below(300))));
                   crowd.resume(worker);
                 }});
}

class CrowdProcessesTest : public ScenarioTest {};

TEST_P(CrowdProcessesTest, HoldsWhenProcessesAreSuspended) {
  // For longer than a window and than an answer may take, wherever they are.
  holds_through({.meanwhile = [](Crowd& crowd, Rng& rng) {
    const std::size_t worker = rng.below(crowd.size());
    crowd.suspend(worker);
    base::sleep_for(milliseconds(50 + static_cast<std::int64_t>(rng.below(600))));
    crowd.resume(worker);
  }});
}

TEST_P(CrowdProcessesTest, HoldsWhenProcessesAreKilled) {
  holds_through({.meanwhile = [](Crowd& crowd, Rng& rng) {
    base::sleep_for(milliseconds(static_cast<std::int64_t>(rng.below(200))));
    crowd.replace(rng.below(crowd.size()));
  }});
}

// A limit that is never reached: whoever is refused was refused for another reason.
class NoRefusalTest : public ScenarioTest {
 protected:
  Recording undecided_only(std::vector<FaultRule> faults) {
    const Recording recording = run({.faults = std::move(faults), .n = 1'000'000'000});
    EXPECT_EQ(recording.refused, 0);
    EXPECT_GT(recording.errors, 0);
    return recording;
  }
};

TEST_P(NoRefusalTest, ThrottlingIsNotTakenForARefusal) {
  const Recording recording =
      undecided_only({{"throttling", 0.9, refusing("ProvisionedThroughputExceededException")}});
  EXPECT_GT(recording.throttled, 0);
}

TEST_P(NoRefusalTest, AnOutageIsNotTakenForARefusal) {
  undecided_only({{"resets", 0.5, kReset}, {"500", 0.5, failing_after_the_commit()}});
}

INSTANTIATE_TEST_SUITE_P(Faults, CrowdFaultsTest,
                         testing::ValuesIn(kinds({"dynoxide", "dynoxideleases", "extenddb",
                                                  "dynamodblocal"})),
                         kind_name);
INSTANTIATE_TEST_SUITE_P(Faults, CrowdProcessesTest,
                         testing::ValuesIn(kinds({"dynoxide", "dynoxideleases", "extenddb",
                                                  "dynamodblocal", "shared"})),
                         kind_name);
INSTANTIATE_TEST_SUITE_P(Faults, NoRefusalTest,
                         testing::ValuesIn(kinds({"dynoxide", "dynoxideleases"})), kind_name);

}  // namespace
}  // namespace weir::test
