// BorrowedStore: a store that several limiters use, one after the other: a policy that is read anew
// keeps its counters.
//
// Thread safety: as store.h.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "store/store.h"

namespace weir::engine {

class BorrowedStore final : public store::Store {
 public:
  explicit BorrowedStore(std::shared_ptr<store::Store> lent) : lent_(std::move(lent)) {}

  Result<store::ChargeOutcome> charge(const store::ChargeRequest& request) override {
    return lent_->charge(request);
  }
  std::optional<store::ChargeOutcome> known_refusal(const store::ChargeRequest& request) override {
    return lent_->known_refusal(request);
  }
  std::optional<store::ChargeOutcome> charge_paid(const store::ChargeRequest& request) override {
    return lent_->charge_paid(request);
  }
  Status give_back(const store::ChargeRequest& request, std::int64_t slot) override {
    return lent_->give_back(request, slot);
  }
  Result<bool> forget(const Key& key, Duration budget) override {
    return lent_->forget(key, budget);
  }
  Status check(Duration budget) override { return lent_->check(budget); }
  std::string_view pepper() const override { return lent_->pepper(); }
  std::string_view name() const override { return lent_->name(); }

 private:
  const std::shared_ptr<store::Store> lent_;
};

}  // namespace weir::engine
