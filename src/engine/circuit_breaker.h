// CircuitBreaker: keeps a dead store from costing every request its deadline.
//
//   closed     every call is made; kFailuresToOpen failures in a row open it
//   open       no call is made, but for one probe each pause; the pause doubles from kFirstPause to
//              kLongestPause while probes fail
//   closed     again after the first success
//
// It also says when the operator should hear of it: once when calls begin to fail, and once when
// they have succeeded for kQuietTime without a failure between, however the store flaps.
//
// Time is an argument and may go back. Thread safety: every member may be called from any thread at
// once; while the store is well, none takes a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "weir/time.h"

namespace weir::engine {

class CircuitBreaker {
 public:
  static constexpr int kFailuresToOpen = 5;
  static constexpr Duration kFirstPause = std::chrono::seconds(1);
  static constexpr Duration kLongestPause = std::chrono::seconds(30);
  static constexpr Duration kQuietTime = std::chrono::seconds(5);

  // Whether to make a call now. True makes the caller owe one succeeded() or failed().
  bool allows(Time now);

  // True if the operator should hear that calls succeed again.
  bool succeeded(Time now);

  // counts: whether it says something about the store as a whole (a throttled key does not).
  // True if the operator should hear that calls fail.
  bool failed(Time now, bool counts);

  // How long until a call may be made again; at most kLongestPause.
  Duration pause_left(Time now);

  // Calls that failed since the operator last heard that all is well.
  std::int64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  bool is_open() const { return in_a_row_ >= kFailuresToOpen; }

  // False means well: nothing below is of interest. Relaxed: a call that misses the change for a
  // moment makes one more call, or takes the lock once more.
  std::atomic<bool> troubled_{false};
  std::atomic<std::int64_t> failures_{0};

  std::mutex mutex_;  // guards the rest
  int in_a_row_ = 0;
  bool probing_ = false;
  Duration pause_ = kFirstPause;
  Time next_probe_{};
  Time last_failure_{};
};

}  // namespace weir::engine
