// The only file of Weir that reads a clock.
#include "base/system_clock.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace weir::base {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::int64_t system_ns() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t steady_ns() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

SystemClock::SystemClock() {
  const std::int64_t steady = steady_ns();
  offset_ns_.store(system_ns() - steady, std::memory_order_relaxed);
  next_slew_ns_.store(steady + kSecondNs, std::memory_order_relaxed);
}

Time SystemClock::now() {
  const std::int64_t steady = steady_ns();
  // Relaxed throughout: each atomic stands for itself, and any mixture of an old and a new value is
  // a time that is right to within one correction.
  std::int64_t due = next_slew_ns_.load(std::memory_order_relaxed);
  if (steady >= due &&
      next_slew_ns_.compare_exchange_strong(due, steady + kSecondNs, std::memory_order_relaxed)) {
    const std::int64_t offset = offset_ns_.load(std::memory_order_relaxed);
    const std::int64_t error = (system_ns() - steady) - offset;
    const std::int64_t slew = std::clamp(error, -kSlewPerSecond.count(), kSlewPerSecond.count());
    offset_ns_.store(offset + slew, std::memory_order_relaxed);
  }
  return Time(Duration(steady + offset_ns_.load(std::memory_order_relaxed)));
}

Duration monotonic_now() {
  return Duration(steady_ns());
}

void sleep_for(Duration duration) {
  if (duration > Duration::zero()) std::this_thread::sleep_for(duration);
}

}  // namespace weir::base
