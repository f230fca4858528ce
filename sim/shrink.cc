#include "sim/shrink.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace weir::sim {
namespace {

class Shrinking {
 public:
  Shrinking(const Scenario& failing, const Violation& violation) : best_{failing, violation, 0} {}

  Shrunk run() {
    if (!best_.scenario.only_requests) {
      best_.scenario.only_requests.emplace();
      for (std::uint32_t arrival = 0; arrival < best_.scenario.arrivals; ++arrival) {
        for (int place = 0; place < best_.scenario.max_burst; ++place)
          best_.scenario.only_requests->push_back(request_number(arrival, place));
      }
    }
    if (!best_.scenario.only_disturbances) {
      std::vector<std::uint32_t> all(best_.scenario.disturbances.size());
      std::iota(all.begin(), all.end(), 0U);
      best_.scenario.only_disturbances = std::move(all);
    }
    bool helped = true;
    while (helped && best_.runs < kMaxShrinkRuns) {
      helped = false;
      helped |= fewer(&Scenario::only_requests);
      helped |= fewer_faults();
      helped |= fewer(&Scenario::only_disturbances);
      helped |= fewer_nodes();
    }
    // Nothing arrives after the last one that is kept.
    if (best_.scenario.only_requests && !best_.scenario.only_requests->empty()) {
      Scenario shorter = best_.scenario;
      shorter.arrivals = best_.scenario.only_requests->back() / kMaxBurst + 1;
      take_if_it_fails(std::move(shorter));
    }
    if (best_.scenario.disturbances.empty()) best_.scenario.only_disturbances.reset();
    return std::move(best_);
  }

 private:
  bool take_if_it_fails(Scenario candidate) {
    if (best_.runs >= kMaxShrinkRuns) return false;
    ++best_.runs;
    Outcome outcome = sim::run(candidate);
    if (!outcome.violation || outcome.violation->promise != best_.violation.promise) return false;
    best_.scenario = std::move(candidate);
    best_.violation = std::move(*outcome.violation);
    return true;
  }

  // Delta debugging (Zeller and Hildebrandt 2002): leaves out ever smaller parts.
  bool fewer(std::optional<std::vector<std::uint32_t>> Scenario::*list) {
    if (!(best_.scenario.*list)) return false;
    bool helped = false;
    std::size_t part = std::max<std::size_t>((best_.scenario.*list)->size() / 2, 1);
    for (;;) {
      std::size_t from = 0;
      while (from < (best_.scenario.*list)->size()) {
        Scenario candidate = best_.scenario;
        auto& kept = *(candidate.*list);
        const std::size_t end = std::min(from + part, kept.size());
        kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(from),
                   kept.begin() + static_cast<std::ptrdiff_t>(end));
        if (take_if_it_fails(std::move(candidate))) {
          helped = true;
        } else {
          from += part;
        }
      }
      if (part == 1) return helped;
      part /= 2;
    }
  }

  bool fewer_faults() {
    bool helped = false;
    for (int i = 0; i < kFaults; ++i) {
      const auto fault = static_cast<Fault>(i);
      if (!best_.scenario.faults.has(fault)) continue;
      Scenario candidate = best_.scenario;
      candidate.faults.remove(fault);
      helped |= take_if_it_fails(std::move(candidate));
    }
    return helped;
  }

  bool fewer_nodes() {
    bool helped = false;
    for (int nodes = 1; nodes < best_.scenario.nodes; ++nodes) {
      Scenario candidate = best_.scenario;
      candidate.nodes = nodes;
      if (take_if_it_fails(std::move(candidate))) return true;
    }
    return helped;
  }

  Shrunk best_;
};

}  // namespace

Shrunk shrink(const Scenario& failing, const Violation& violation) {
  return Shrinking(failing, violation).run();
}

}  // namespace weir::sim
