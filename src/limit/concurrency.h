// concurrency: at most M requests in flight at once.
//
// Each admitted request holds a place until it is finished, or until its hold expires: so the place
// of a worker that crashed comes back. A request that runs longer than its hold is no longer
// counted; `hold` is therefore the longest that a request may take.
//
// A place is taken for expired only when even the slowest clock says so: holds are stretched by
// twice the clocks' error.
//
// Pure: no I/O, no clock, no heap. Thread safety: none of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "limit/charge.h"
#include "weir/time.h"

namespace weir::limit {

inline constexpr std::int64_t kMaxConcurrency = 256;  // M at most

struct ConcurrencyLimit {
  std::int64_t n = 1;  // M: 1 to kMaxConcurrency
  Duration hold{};     // how long a place is held at most: the longest request and 2e; above zero

  friend bool operator==(const ConcurrencyLimit&, const ConcurrencyLimit&) = default;
};

struct Hold {
  std::uint64_t id = 0;
  Time until = Time::min();  // free from here on

  friend bool operator==(const Hold&, const Hold&) = default;
};

// Takes a place for `id`, which must be the request's own. The same id again is the same request:
// it keeps its place and its expiry. `places`: M or more, in no order; an expired one is free.
// Changes the state only if it admits.
inline Charge charge(std::span<Hold> places, const ConcurrencyLimit& limit, Time now,
                     std::uint64_t id) {
  WEIR_CHECK(static_cast<std::int64_t>(places.size()) >= limit.n && limit.hold > Duration::zero());
  Hold* held = nullptr;
  Hold* free = nullptr;
  std::int64_t in_flight = 0;
  Time first_end = Time::max();
  Time last_end = Time::min();
  for (Hold& place : places) {
    if (place.until <= now) {
      if (free == nullptr) free = &place;
      continue;
    }
    ++in_flight;
    first_end = std::min(first_end, place.until);
    last_end = std::max(last_end, place.until);
    if (place.id == id) held = &place;
  }
  Charge result;
  result.admitted = held != nullptr || in_flight < limit.n;
  if (result.admitted && held == nullptr) {
    *free = {id, now + limit.hold};
    ++in_flight;
    first_end = std::min(first_end, free->until);
  }
  result.remaining = std::max<std::int64_t>(limit.n - in_flight, 0);
  // The latest that room can come; it comes sooner when a request finishes. A limit that was
  // lowered under those in flight waits for all of them.
  result.room_at = in_flight > limit.n ? last_end : first_end;
  return result;
}

// Frees the place that `id` holds, if it still does.
inline void release(std::span<Hold> places, std::uint64_t id) {
  for (Hold& place : places) {
    if (place.id == id) place = {};
  }
}

}  // namespace weir::limit
