// A store of every algorithm that is too simple to be wrong: limit::State under one lock, without
// bound. The yardstick for the real stores, and the store of tests that are about something else.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "limit/limit.h"
#include "store/store.h"

namespace weir::test {

class StateStore final : public store::Store {
 public:
  Result<store::ChargeOutcome> charge(const store::ChargeRequest& request) override {
    if (Status valid = store::validate(request); !valid) return tl::unexpected(valid.error());
    const std::lock_guard lock(mutex_);
    return store::ChargeOutcome{limit::charge(states_[request.key], request.limit, ask(request))};
  }

  std::optional<store::ChargeOutcome> known_refusal(const store::ChargeRequest& request) override {
    if (!store::is_valid(request)) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const limit::Charge seen = limit::peek(states_[request.key], request.limit, ask(request));
    if (seen.admitted) return std::nullopt;
    return store::ChargeOutcome{seen, true};
  }

  Status give_back(const store::ChargeRequest& request, std::int64_t slot) override {
    const std::lock_guard lock(mutex_);
    limit::give_back(states_[request.key], request.limit, ask(request), slot);
    return {};
  }

  Result<bool> forget(const Key& key, Duration /*budget*/) override {
    const std::lock_guard lock(mutex_);
    return states_.erase(key) > 0;
  }

  std::string_view name() const override { return "state"; }

 private:
  static limit::Ask ask(const store::ChargeRequest& request) {
    return {request.now, request.cost, request.subject};
  }

  std::mutex mutex_;
  std::unordered_map<Key, limit::State, KeyHash> states_;
};

}  // namespace weir::test
