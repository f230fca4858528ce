// What every scenario does: a crowd works, things go wrong for a while, things are well again; no
// window ever held more than N, and everybody is admitted again in the end.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
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

  // What the crowd recorded. Things are wrong for as long as the options say, and until each kind
  // of fault has been met.
  Recording run(const Scenario& scenario) {
    Crowd crowd(GetParam().name, address_, plan_of(scenario), kProcesses, rng_());
    const std::int64_t window_full = std::min(scenario.n, kUsualN);
    EXPECT_TRUE(crowd.wait_until_at_work());
    EXPECT_TRUE(crowd.wait_until_admitted(window_full, Duration::zero())) << "all is well";

    mix_.set(scenario.faults);
    const Duration end = base::monotonic_now() + fault_options().lasting;
    const Duration give_up = end + std::chrono::seconds(60);
    while (base::monotonic_now() < end || (!all_met(scenario) && base::monotonic_now() < give_up)) {
      if (scenario.meanwhile) scenario.meanwhile(crowd, rng_);
      base::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_TRUE(all_met(scenario));
    mix_.set({});
    EXPECT_TRUE(crowd.wait_until_admitted(window_full, base::monotonic_now()))
        << "all is well again";

    const Recording recording = crowd.end();
    EXPECT_EQ(crowd.failed(), 0);
    EXPECT_EQ(recording.lasting, 0) << recording.last_error;
    describe(recording);
    return recording;
  }

  void holds_through(const Scenario& scenario) {
    const Recording recording = run(scenario);
    const Duration window = plan_of(scenario).window;
    for (const auto& admissions : {recording.asked, recording.answered}) {
      EXPECT_LE(fullest_window(admissions, window).admitted, scenario.n)
          << "in a window of " << window.count() << " ns; seed " << fault_options().seed;
    }
  }

  Rng rng_;
  FaultMix mix_;
  std::string address_;
  std::optional<FaultProxy> proxy_;
  Key key_;

 private:
  bool all_met(const Scenario& scenario) const {
    const std::map<std::string, int> met = mix_.met();
    return std::all_of(scenario.faults.begin(), scenario.faults.end(),
                       [&](const FaultRule& rule) { return met.contains(rule.name); });
  }

  void describe(const Recording& recording) const {
    std::printf("             %zu admitted, %lld refused, %lld undecided, %lld late; faults:",
                recording.asked.size(), static_cast<long long>(recording.refused),
                static_cast<long long>(recording.errors), static_cast<long long>(recording.late));
    for (const auto& [name, times] : mix_.met()) std::printf(" %s %d", name.c_str(), times);
    std::printf("\n");
  }
};

}  // namespace weir::test
