// The only file of Weir that reads a clock.
#include "base/system_clock.h"

#include <chrono>
#include <ctime>
#include <thread>

#include "base/check.h"

namespace weir::base {
namespace {

Duration read(clockid_t clock) {
  std::timespec time{};
  WEIR_CHECK(clock_gettime(clock, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Duration system_time() {
  return read(CLOCK_REALTIME);
}

}  // namespace

SystemClock::SystemClock() : time_(read(CLOCK_BOOTTIME), system_time()) {}

Time SystemClock::now() {
  return time_.at(read(CLOCK_BOOTTIME), system_time);
}

Duration monotonic_now() {
  return read(CLOCK_MONOTONIC);
}

void sleep_for(Duration duration) {
  if (duration > Duration::zero()) std::this_thread::sleep_for(duration);
}

}  // namespace weir::base
