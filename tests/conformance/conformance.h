// What every conformance test starts from: a store of one kind, a key nobody used, and an instant
// at which a slot begins.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/rng.h"
#include "base/system_clock.h"
#include "conformance/store_kinds.h"
#include "support/keys.h"

namespace weir::test {

// A test's name ends in the kind's, so that `--gtest_filter=*/memory` runs one store's.
inline std::string kind_name(const testing::TestParamInfo<StoreKind>& info) {
  return info.param.name;
}

// The kind's address; what it needs is started when it is first asked for.
inline const std::string& address_of(const StoreKind& kind) {
  static std::map<std::string, std::string> addresses;
  const auto known = addresses.find(kind.name);
  if (known != addresses.end()) return known->second;
  auto started = kind.start();
  if (!started) {
    ADD_FAILURE() << started.error().to_string();
    std::abort();
  }
  return addresses[kind.name] = *started;
}

class ConformanceTest : public testing::TestWithParam<StoreKind> {
 protected:
  ConformanceTest() : rng_(base::entropy_seed()), store_(open()), key_(new_key()) {}

  // Another node's view of the same counters; the same store where they are not shared.
  std::shared_ptr<store::Store> another_node() { return GetParam().shared ? open() : store_; }

  Key new_key() { return random_key(rng_); }

  static limit::WindowLimit limit_of(std::int64_t n, Duration window) {
    return {n, limit::Geometry::for_window(window)};
  }

  // The beginning of the slot after the present one. Close to real time because some stores delete
  // what expired long ago.
  static Time start_of_slot(const limit::Geometry& geometry) {
    return geometry.slot_start(geometry.slot_of(base::SystemClock().now()) + 1);
  }

  static store::ChargeRequest request(const Key& key, const limit::WindowLimit& limit, Time now,
                                      std::int64_t cost = 1) {
    // Ample: these tests are about decisions, and their machine may be busy.
    return {
        .key = key, .limit = limit, .cost = cost, .now = now, .budget = std::chrono::seconds(20)};
  }

  // The decision; fails the test if there is none.
  static limit::Charge decide(store::Store& store, const store::ChargeRequest& request) {
    auto outcome = store.charge(request);
    if (!outcome) {
      ADD_FAILURE() << store.name() << ": " << outcome.error().to_string();
      return {};
    }
    return outcome->charge;
  }
  limit::Charge charge(const limit::WindowLimit& limit, Time now, std::int64_t cost = 1) {
    return decide(*store_, request(key_, limit, now, cost));
  }

  // How many of `tries` charges of 1 are admitted.
  std::int64_t admitted_of(std::int64_t tries, const limit::WindowLimit& limit, Time now) {
    std::int64_t admitted = 0;
    for (std::int64_t i = 0; i < tries; ++i) admitted += charge(limit, now).admitted ? 1 : 0;
    return admitted;
  }

  Rng rng_;
  std::shared_ptr<store::Store> store_;
  Key key_;

 private:
  static std::shared_ptr<store::Store> open() {
    static base::SystemClock clock;
    auto store = GetParam().open(address_of(GetParam()), clock);
    if (!store) {
      ADD_FAILURE() << store.error().to_string();
      std::abort();
    }
    return std::move(*store);
  }
};

}  // namespace weir::test
