// Receipt: what a decision charged and somebody must come back to: places of requests in flight,
// which are freed when the request is finished, and costs that were estimated.
//
// Each is handed out once, whoever asks and how often: a place that were freed twice, or a cost
// that were given back twice, would hand out what nobody paid for.
//
// Thread safety: every member may be called from any thread at once.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "store/store.h"

namespace weir::engine {

struct Charged {
  store::Store* store = nullptr;  // that admitted it and can take it back,
  store::ChargeRequest request = {};
  std::int64_t slot = 0;  // from this slot
};

class Receipt {
 public:
  // owner: whose stores the charges point to. Nobody else may use them.
  explicit Receipt(const void* owner) : owner_(owner) {}

  bool is_of(const void* owner) const { return owner_ == owner; }

  void add_place(const Charged& charged) { places_.push_back(charged); }
  void add_estimate(const Charged& charged) { estimates_.push_back(charged); }

  // Whether its places were taken back: the request is over.
  bool is_finished() const {
    const std::lock_guard lock(mutex_);
    return finished_;
  }

  std::vector<Charged> take_places() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    return std::exchange(places_, {});
  }
  std::vector<Charged> take_estimates() {
    const std::lock_guard lock(mutex_);
    return std::exchange(estimates_, {});
  }

 private:
  const void* const owner_;
  mutable std::mutex mutex_;  // guards the rest, once the decision is made
  std::vector<Charged> places_;
  std::vector<Charged> estimates_;
  bool finished_ = false;
};

}  // namespace weir::engine
