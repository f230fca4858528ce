// Schedule: what is still to happen, in order of real time; at one instant, in the order in which
// it was planned. Thread safety: one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "weir/time.h"

namespace weir::sim {

// Thing is a small plain value.
template <class Thing>
class Schedule {
 public:
  // `at` is not before what was taken last.
  void plan(Time at, Thing thing) {
    WEIR_CHECK(at >= taken_);
    heap_.push_back({at, planned_++, thing});
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }
  bool is_empty() const { return heap_.empty(); }
  Time next_at() const { return heap_.front().at; }
  Thing take() {
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    const Thing thing = heap_.back().thing;
    taken_ = heap_.back().at;
    heap_.pop_back();
    return thing;
  }

 private:
  struct Entry {
    Time at;
    std::uint64_t order;
    Thing thing;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  std::vector<Entry> heap_;
  std::uint64_t planned_ = 0;
  Time taken_ = Time::min();
};

}  // namespace weir::sim
