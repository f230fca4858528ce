// distinct: at most M different values of one key under another, in any interval of length W.
//
// "At most 20 different API keys from one network in an hour." Stops identifier dilution: a caller
// who makes up a new identity for each request runs out of identities, not of quota.
//
// The state holds, for each value that was seen, its 64-bit hash and the slot of its last sight
// (slots as in limit/exact_window.h). A value lives for K slots after that of its last sight, and
// no more than M live at once. Why that keeps the promise: an interval of length W = K*d touches at
// most K+1 consecutive slots, so every value admitted in it is still alive at its end.
//
// A value that is alive is always admitted. Hashes that collide count as one value: by chance once
// in 2^64 / M, and never by choice, since the hash is keyed.
//
// There is no give_back(): another request with the same value may have been admitted because the
// value was there.
//
// Pure: no I/O, no clock, no heap. Thread safety: none of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "limit/charge.h"
#include "limit/exact_window.h"
#include "weir/time.h"

namespace weir::limit {

inline constexpr std::int64_t kMaxDistinct = 256;  // M at most
// Few slots, because each sight in a new slot is a write.
inline constexpr int kMaxDistinctSlots = 12;

struct DistinctLimit {
  std::int64_t n = 1;  // M: 1 to kMaxDistinct
  Geometry geometry;   // of at most kMaxDistinctSlots

  friend bool operator==(const DistinctLimit&, const DistinctLimit&) = default;
};

struct Sighting {
  std::uint64_t value = 0;
  std::int64_t slot = kNeverCharged;  // kNeverCharged: the place is free

  friend bool operator==(const Sighting&, const Sighting&) = default;
};

// One key's state, wherever it is kept: M places or more, in no order. A place whose sighting has
// ended its life is as good as free.
struct DistinctRef {
  std::int64_t* newest;  // the newest slot in which a value was seen; never decreases
  std::span<Sighting> places;
};

// Admits `value` if it is alive or fewer than M are. Changes the state only if it admits.
inline Charge charge(DistinctRef state, const DistinctLimit& limit, Time now, std::uint64_t value) {
  WEIR_CHECK(static_cast<std::int64_t>(state.places.size()) >= limit.n);
  const Geometry& geometry = limit.geometry;
  const std::int64_t slot = std::max(geometry.slot_of(now), *state.newest);
  Sighting* seen = nullptr;
  Sighting* free = nullptr;
  std::int64_t alive = 0;
  std::int64_t oldest = INT64_MAX;
  for (Sighting& place : state.places) {
    if (place.slot < slot - geometry.slots()) {
      if (free == nullptr) free = &place;
      continue;
    }
    ++alive;
    if (place.value == value) {
      seen = &place;
    } else {
      oldest = std::min(oldest, place.slot);
    }
  }
  Charge result;
  result.slot = slot;
  result.admitted = seen != nullptr || alive < limit.n;
  if (result.admitted) {
    Sighting* const taken = seen != nullptr ? seen : free;
    WEIR_CHECK(taken != nullptr);  // fewer than M are alive, and there are M places
    Sighting& place = *taken;
    if (seen == nullptr) ++alive;
    place = {value, slot};
    *state.newest = slot;
    oldest = std::min(oldest, slot);
  }
  result.remaining = std::max<std::int64_t>(limit.n - alive, 0);
  if (alive > limit.n) {
    // A limit that was lowered: room comes when enough have ended their lives. Conservative: all.
    std::int64_t newest_alive = oldest;
    for (const Sighting& place : state.places) newest_alive = std::max(newest_alive, place.slot);
    oldest = newest_alive;
  }
  result.room_at = geometry.slot_start(oldest + geometry.slots() + 1);
  return result;
}

}  // namespace weir::limit
