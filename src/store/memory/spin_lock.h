// SpinLock: one word, for critical sections of a few dozen nanoseconds that touch no other lock.
//
// A thread that finds it held for long gives its processor away, so that a holder that was
// preempted can go on. Meets the standard's BasicLockable; use std::lock_guard.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "store/table/shard.h"

namespace weir::store {

class SpinLock {
 public:
  void lock() {
    // Acquire: what the last holder wrote before unlock() is seen from here on.
    while (held_.exchange(true, std::memory_order_acquire)) wait();
  }
  // Release: everything written under the lock is seen by the next holder.
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsBeforeYield = 64;

  void wait() const {
    // Relaxed: only a hint; the exchange in lock() decides.
    for (int spins = 0; held_.load(std::memory_order_relaxed); ++spins) {
      if (spins >= kSpinsBeforeYield) std::this_thread::yield();
    }
  }

  std::atomic<bool> held_{false};
};

// A spin lock in the lock bytes of each shard, all zero when it is free; see table_store.h. Whoever
// holds one is a thread of this process and lets go of it soon, so nobody needs to be told off.
class SpinLocks {
 public:
  static constexpr bool kHolderMayDie = false;

  class Held {
   public:
    explicit Held(SpinLock& lock) : guard_(lock) {}
    explicit operator bool() const { return true; }
    static Error why_not() { return {}; }

   private:
    std::lock_guard<SpinLock> guard_;
  };

  Held hold(const Shard& shard, Duration /*budget*/) {
    return Held(*reinterpret_cast<SpinLock*>(shard.lock()));
  }
  Held try_to_hold(const Shard& shard) { return hold(shard, Duration::zero()); }
};

}  // namespace weir::store
