// The fixed window: N in each window of a calendar, such as a month.
//
// For quotas that people and invoices think of in calendar terms ("10,000 a month"). It leaks at
// its edge by design: all of N at the end of one window and all of N at the start of the next, so
// an interval of length W may hold 2N. The exact window (limit/exact_window.h) does not.
//
// The caller resolves the calendar: a limit says which window `now` lies in (base/calendar.h).
// A node whose clock lags behind the edge charges the window that others have begun.
//
// Pure: no I/O, no clock, no heap. Thread safety: none of its own.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "limit/charge.h"
#include "weir/time.h"

namespace weir::limit {

struct FixedWindowLimit {
  std::int64_t n = 1;
  // The window that `now` lies in: [start, end).
  Time start{};
  Time end{};

  friend bool operator==(const FixedWindowLimit&, const FixedWindowLimit&) = default;
};

// One key's state: the newest window that was charged. An unused one ends where it starts.
struct FixedWindowState {
  Time start{};
  Time end{};
  std::int64_t count = 0;

  friend bool operator==(const FixedWindowState&, const FixedWindowState&) = default;
};

// The state as this limit sees it. Windows that overlap without being the same are those of a
// changed policy: the count moves along, so nobody is handed a fresh window.
inline FixedWindowState migrate(const FixedWindowState& old, const FixedWindowLimit& limit) {
  if (old.end <= limit.start) return {limit.start, limit.end, 0};
  if (old.start >= limit.end) return old;
  return {limit.start, limit.end, old.count};
}

// Charges `cost` (1 or more). Changes the state only if it admits.
inline Charge charge(FixedWindowState& state, const FixedWindowLimit& limit, std::int64_t cost) {
  WEIR_CHECK(cost >= 1);
  FixedWindowState current = migrate(state, limit);
  Charge result;
  result.slot = current.start.time_since_epoch().count();
  // Not count + cost <= n: cost may be large enough for the sum to overflow.
  result.admitted = cost <= limit.n && current.count <= limit.n - cost;
  if (result.admitted) {
    current.count += cost;
    state = current;
  }
  result.remaining = std::max<std::int64_t>(limit.n - current.count, 0);
  if (cost <= limit.n) result.room_at = current.end;
  return result;
}

inline Charge peek(const FixedWindowState& state, const FixedWindowLimit& limit,
                   std::int64_t cost) {
  FixedWindowState copy = state;
  return charge(copy, limit, cost);
}

// Takes back a charge of `cost` from the window that starts at `slot`, if that is still the newest.
inline void give_back(FixedWindowState& state, std::int64_t slot, std::int64_t cost) {
  WEIR_CHECK(cost >= 1);
  if (state.start.time_since_epoch().count() != slot) return;
  state.count = std::max<std::int64_t>(state.count - cost, 0);
}

}  // namespace weir::limit
