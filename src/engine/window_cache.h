// WindowCache: the fixed window that the present lies in, so that the calendar is asked once a
// window and not once a request.
//
// Thread safety: at() may be called from any thread at once.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/calendar.h"

namespace weir::engine {

class WindowCache {
 public:
  WindowCache() = default;
  // Rules are moved while they are set up, before anybody asks.
  WindowCache(const WindowCache& other) : packed_(other.packed_.load(std::memory_order_relaxed)) {}
  WindowCache& operator=(const WindowCache&) = delete;

  CalendarWindow at(Time now, CalendarUnit unit, const TimeZone& zone) const {
    // Relaxed: the one word is the whole message.
    const std::uint64_t packed = packed_.load(std::memory_order_relaxed);
    const Time start = Time(std::chrono::seconds(packed >> kLengthBits));
    const Time end = start + std::chrono::seconds(packed & ((1U << kLengthBits) - 1));
    if (start <= now && now < end) return {start, end};
    const CalendarWindow window = calendar_window(now, unit, zone);
    packed_.store(pack(window), std::memory_order_relaxed);
    return window;
  }

 private:
  // Calendar windows begin and end at whole seconds; a year has fewer than 2^25 of them, and the
  // range of Time fewer than 2^34 since 1970. What lies before 1970 is not kept.
  static constexpr int kLengthBits = 25;
  static std::uint64_t pack(const CalendarWindow& window) {
    const auto seconds = [](Duration duration) {
      return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    };
    const std::int64_t start = seconds(window.start.time_since_epoch());
    if (start < 0) return 0;
    return static_cast<std::uint64_t>(start) << kLengthBits |
           static_cast<std::uint64_t>(seconds(window.end - window.start));
  }

  mutable std::atomic<std::uint64_t> packed_{0};
};

}  // namespace weir::engine
