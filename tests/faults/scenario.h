// What every scenario does: a crowd works, things go wrong for a while, things are well again; no
// window ever held more than N, and everybody is admitted again in the end.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/system_clock.h"
#include "conformance/conformance.h"
#include "conformance/store_kinds.h"
#include "faults/crowd.h"
#include "faults/options.h"
#include "support/fault_mix.h"

namespace weir::test {

inline constexpr std::size_t kProcesses = 4;

// In half a second: as many as an emulator may be asked for by several processes.
inline constexpr std::int64_t kUsualN = 200;

struct Scenario {
  std::vector<FaultRule> faults = {};
  // What happens to the processes meanwhile, again and again while the faults last.
  std::function<void(Crowd&, Rng&)> meanwhile = {};
  std::int64_t n = kUsualN;
  Habit habit = Habit::careful;
};

// Those of the stores.
inline std::vector<StoreKind> kinds(const std::vector<std::string>& names) {
  std::vector<StoreKind> found;
  for (const StoreKind& kind : store_kinds()) {
    if (std::find(names.begin(), names.end(), kind.name) != names.end()) found.push_back(kind);
  }
  return found;
}

class ScenarioTest : public testing::TestWithParam<StoreKind> {
 protected:
  ScenarioTest() : rng_(fault_options().seed), mix_(rng_()), address_(address_of(GetParam())) {
    // A store on the network is at a port, and everybody goes through the proxy.
    if (std::all_of(address_.begin(), address_.end(),
                    [](char c) { return c >= '0' && c <= '9'; })) {
      proxy_.emplace(static_cast<std::uint16_t>(std::stoi(address_)), std::ref(mix_));
      address_ = std::to_string(proxy_->port());
    }
    // As a store's key; from entropy, since the emulator remembers those of earlier runs.
    Rng keys(base::entropy_seed());
    key_ = random_key(keys);
  }

  RecordingPlan plan_of(const Scenario& scenario) const {
    RecordingPlan plan;
    plan.key_hex = to_hex(key_);
    plan.n = scenario.n;
    plan.window = std::chrono::milliseconds(500);
    plan.skew = std::chrono::milliseconds(40);
    plan.patience = std::chrono::milliseconds(150);
    plan.until = base::monotonic_now() + std::chrono::hours(1);  // the test says when
    plan.epoch = base::SystemClock().now().time_since_epoch() - base::monotonic_now();
    plan.threads = 2;
    plan.habit = scenario.habit;
    return plan;
  }

  // How many a window may hold, and how many one did.
  struct Outcome {
    Recording recording;
    std::int64_t fullest = 0;
  };

  Outcome run(const Scenario& scenario) {
    const RecordingPlan plan = plan_of(scenario);
    Crowd crowd(GetParam().name, address_, plan, kProcesses, rng_());
    const std::int64_t window_full = std::min(scenario.n, kUsualN);
    EXPECT_TRUE(crowd.wait_until_at_work());
    EXPECT_TRUE(crowd.wait_until_admitted(window_full, Duration::zero())) << "all is well";

    mix_.set(scenario.faults);
    const Duration end = base::monotonic_now() + fault_options().lasting;
    while (base::monotonic_now() < end) {
      if (scenario.meanwhile) scenario.meanwhile(crowd, rng_);
      base::sleep_for(std::chrono::milliseconds(20));
    }
    mix_.set({});
    EXPECT_TRUE(crowd.wait_until_admitted(window_full, base::monotonic_now()))
        << "all is well again";

    Outcome outcome{.recording = crowd.end(), .fullest = 0};
    EXPECT_EQ(crowd.failed(), 0);
    for (const auto& admissions : {outcome.recording.asked, outcome.recording.answered}) {
      outcome.fullest = std::max(outcome.fullest, fullest_window(admissions, plan.window).admitted);
    }
    const auto met = mix_.met();
    for (const FaultRule& rule : scenario.faults) {
      EXPECT_GT(met.count(rule.name) == 0 ? 0 : met.at(rule.name), 0) << rule.name;
    }
    describe(outcome, met);
    return outcome;
  }

  void holds_through(const Scenario& scenario) {
    const Outcome outcome = run(scenario);
    EXPECT_LE(outcome.fullest, scenario.n) << "seed " << fault_options().seed;
    EXPECT_EQ(outcome.recording.lasting, 0) << outcome.recording.last_error;
  }

  static void describe(const Outcome& outcome, const std::map<std::string, int>& met) {
    std::printf(
        "             at most %lld in a window; %zu admitted, %lld refused, %lld errors, %lld "
        "late;",
        static_cast<long long>(outcome.fullest), outcome.recording.asked.size(),
        static_cast<long long>(outcome.recording.refused),
        static_cast<long long>(outcome.recording.errors),
        static_cast<long long>(outcome.recording.late));
    for (const auto& [name, times] : met) std::printf(" %s %d", name.c_str(), times);
    std::printf("\n");
  }

  Rng rng_;
  FaultMix mix_;
  std::string address_;
  std::optional<FaultProxy> proxy_;
  Key key_;
};

}  // namespace weir::test
