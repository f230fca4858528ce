// DryRunStore: asks another store what it knows without asking anybody, and charges nothing.
//
// It refuses what that store knows to be full, and admits all else without saying what is left. So
// it is exact for stores whose counters are in reach (the memory of this process or machine), and
// knows of a remote table only what this machine has learnt of it.
//
// Thread safety: as store.h.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "store/store.h"

namespace weir::engine {

class DryRunStore final : public store::Store {
 public:
  explicit DryRunStore(std::unique_ptr<store::Store> asked) : asked_(std::move(asked)) {}

  Result<store::ChargeOutcome> charge(const store::ChargeRequest& request) override {
    if (Status valid = store::validate(request); !valid) return tl::unexpected(valid.error());
    if (const auto known = asked_->known_refusal(request)) return *known;
    return store::ChargeOutcome{{.admitted = request.cost <= limit::largest_cost(request.limit)},
                                true};
  }
  std::optional<store::ChargeOutcome> known_refusal(const store::ChargeRequest& request) override {
    return asked_->known_refusal(request);
  }
  Status give_back(const store::ChargeRequest& /*request*/, std::int64_t /*slot*/) override {
    return {};
  }
  Result<bool> forget(const Key& /*key*/, Duration /*budget*/) override { return false; }
  Status check(Duration /*budget*/) override { return {}; }
  std::string_view name() const override { return asked_->name(); }

 private:
  const std::unique_ptr<store::Store> asked_;
};

}  // namespace weir::engine
