// OpenDecisions: admitted requests that a client may still finish (places in flight) or settle
// (costs that were estimates), each under an id that only its client knows.
//
// Promises: bounded by kMaxOpen, the oldest go first; an id is 128 random bits and good once for
// finish(), once for settle(). Thread safety: every member may be called from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/limiter.h"
#include "weir/decision.h"

namespace weir::serve {

class OpenDecisions {
 public:
  explicit OpenDecisions(std::size_t most) : most_(most) {}

  // Its id; empty: there is nothing to finish or settle.
  std::string add(std::shared_ptr<engine::Limiter> limiter, const Decision& decision);

  // False: no such id, or it was finished before. May wait for the store.
  bool finish(std::string_view id);
  // What was used and is not counted (Limiter::settle()); nullopt: no such id.
  std::optional<std::int64_t> settle(std::string_view id, std::int64_t actual);

  std::size_t size() const;

 private:
  struct Open {
    std::shared_ptr<engine::Limiter> limiter;  // the one that decided
    Decision decision;
  };
  std::optional<Open> find(std::string_view id, bool take);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Open> open_;
  std::deque<std::string> oldest_;  // may name what is finished
};

}  // namespace weir::serve
