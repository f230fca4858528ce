// SpinLock: one word, for critical sections of a few dozen nanoseconds that touch no other lock.
//
// A thread that finds it held for long gives its processor away, so that a holder that was
// preempted can go on. Meets the standard's BasicLockable; use std::lock_guard.
#pragma once

#include <atomic>
#include <thread>

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

}  // namespace weir::store
