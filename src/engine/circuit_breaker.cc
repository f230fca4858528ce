#include "engine/circuit_breaker.h"

#include <algorithm>

namespace weir::engine {

bool CircuitBreaker::allows(Time now) {
  if (!troubled_.load(std::memory_order_relaxed)) return true;
  const std::lock_guard lock(mutex_);
  if (!is_open()) return true;
  // A clock that went back must not keep the store unasked for longer than a pause.
  next_probe_ = std::min(next_probe_, now + pause_);
  if (now < next_probe_) return false;
  next_probe_ = now + pause_;
  probing_ = true;
  return true;
}

bool CircuitBreaker::succeeded(Time now) {
  if (!troubled_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  in_a_row_ = 0;
  probing_ = false;
  pause_ = kFirstPause;
  if (now - last_failure_ < kQuietTime) return false;
  // Only one caller tells.
  return troubled_.exchange(false, std::memory_order_relaxed);
}

bool CircuitBreaker::failed(Time now, bool counts) {
  const std::lock_guard lock(mutex_);
  last_failure_ = now;
  const bool news = !troubled_.exchange(true, std::memory_order_relaxed);
  if (news) failures_.store(0, std::memory_order_relaxed);
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (!counts) return news;
  if (!is_open()) {
    if (++in_a_row_ == kFailuresToOpen) next_probe_ = now + pause_;
  } else if (probing_) {
    probing_ = false;
    pause_ = std::min(2 * pause_, kLongestPause);
    next_probe_ = now + pause_;
  }  // else: a call that began before the breaker opened
  return news;
}

Duration CircuitBreaker::pause_left(Time now) {
  if (!troubled_.load(std::memory_order_relaxed)) return Duration::zero();
  const std::lock_guard lock(mutex_);
  if (!is_open()) return Duration::zero();
  return std::clamp(next_probe_ - now, Duration::zero(), kLongestPause);
}

}  // namespace weir::engine
