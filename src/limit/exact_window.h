// The exact sliding window: never more than N in any interval of length W.
//
// Time is cut into slots of width d = W / K. A key's state is the newest slot that was charged, g,
// the counts of the K+1 slots g-K ... g, and their sum. An admission at slot s >= g needs the sum
// over s-K ... s, itself included, to stay within N.
//
// Why it holds: an interval of length W = K*d touches at most K+1 consecutive slots, and the sum
// over any K+1 consecutive slots is at most N at every moment, because g never goes back and each
// charge checks exactly that sum. A node whose clock lags files its charge under g (a hybrid
// logical clock, Kulkarni et al. 2014). Clocks within e of real time: see Geometry.
//
// What it costs: a slot's charges are forgotten together, when the slot ends its life, so room
// appears up to one slot (W / K) later than it could.
//
// Pure: no I/O, no clock, no heap. Thread safety: none of its own; the caller holds whatever guards
// the state.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "base/check.h"
#include "limit/charge.h"
#include "weir/time.h"

namespace weir::limit {

// K at most. 60 slots keep a DynamoDB item well below 1 KB, the unit that a write is billed by.
inline constexpr int kMaxSlots = 60;
inline constexpr Duration kMinSlotWidth = std::chrono::milliseconds(100);
inline constexpr Duration kMinWindow = std::chrono::milliseconds(1);  // one slot, and that long

// How a window is cut into slots. Two geometries are the same if and only if packed() is the same.
class Geometry {
 public:
  Geometry() = default;

  // window: 1 ms to 366 days. max_clock_skew: how far the `now` of any charge may be from the real
  // time of its admission; the window that is enforced on clocks is longer by twice that, so that
  // the promise holds in real time. Where reading the clock and deciding are up to d apart (a slow
  // store, a stalled thread), that is the error of the worst clock plus d/2.
  // max_slots: K at most, where fewer slots than the algorithm could use cost less.
  static constexpr Geometry for_window(Duration window, Duration max_clock_skew = Duration::zero(),
                                       int max_slots = kMaxSlots) {
    const Duration span = window + 2 * max_clock_skew;
    Geometry geometry;
    geometry.slots_ =
        static_cast<int>(std::clamp<std::int64_t>(span / kMinSlotWidth, 1, max_slots));
    // Rounded up, so that K slots are never shorter than the window.
    geometry.slot_ = Duration((span.count() + geometry.slots_ - 1) / geometry.slots_);
    return geometry;
  }

  constexpr int slots() const { return slots_; }           // K
  constexpr Duration slot_width() const { return slot_; }  // d
  constexpr Duration span() const { return slot_ * slots_; }

  // Which slot an instant falls into. Rounds towards the past, also before 1970.
  constexpr std::int64_t slot_of(Time time) const {
    const std::int64_t ns = time.time_since_epoch().count();
    return ns / slot_.count() - (ns % slot_.count() < 0 ? 1 : 0);
  }
  // Time::max() for a slot that begins after the end of time.
  constexpr Time slot_start(std::int64_t slot) const {
    std::int64_t ns = 0;
    return __builtin_mul_overflow(slot, slot_.count(), &ns) ? Time::max() : Time(Duration(ns));
  }

  // Where slot `slot` is kept in a ring of K+1 counts.
  constexpr std::size_t ring_index(std::int64_t slot) const {
    const std::int64_t place = slot % (slots_ + 1);
    return static_cast<std::size_t>(place < 0 ? place + slots_ + 1 : place);
  }

  // Slot width in ns times 64, plus K: one number for a stored item.
  constexpr std::int64_t packed() const { return slot_.count() * 64 + slots_; }
  // The geometry that packs to this, or nullopt if none does.
  static constexpr std::optional<Geometry> unpack(std::int64_t packed) {
    Geometry geometry;
    geometry.slot_ = Duration(packed / 64);
    geometry.slots_ = static_cast<int>(packed % 64);
    if (geometry.slot_ < kMinWindow || geometry.slots_ < 1 || geometry.slots_ > kMaxSlots) {
      return std::nullopt;
    }
    return geometry;
  }

  friend constexpr bool operator==(const Geometry&, const Geometry&) = default;

 private:
  Duration slot_ = kMinSlotWidth;
  int slots_ = 1;
};

// N in any W, as the algorithm needs it. n: 1 to 10^15.
struct WindowLimit {
  std::int64_t n = 1;
  Geometry geometry;

  friend bool operator==(const WindowLimit&, const WindowLimit&) = default;
};

// One key's state, wherever it is kept. Count may be any unsigned or signed integer that holds N.
// An unused state is newest = kNeverCharged and zeros.
inline constexpr std::int64_t kNeverCharged = INT64_MIN / 4;

template <class Count>
struct WindowRef {
  std::int64_t* newest;     // g
  std::int64_t* total;      // sum of counts
  std::span<Count> counts;  // K+1, at ring_index(slot)
};

// A state that owns its memory, for the stores that keep states elsewhere and for tests.
struct WindowState {
  std::int64_t newest = kNeverCharged;
  std::int64_t total = 0;
  std::array<std::int64_t, kMaxSlots + 1> counts{};

  WindowRef<std::int64_t> ref(const Geometry& geometry) {
    return {&newest, &total,
            std::span(counts).first(static_cast<std::size_t>(geometry.slots()) + 1)};
  }
  friend bool operator==(const WindowState&, const WindowState&) = default;
};

// Charges `cost` (1 or more) at `now`. Changes the state only if it admits.
template <class Count>
Charge charge(WindowRef<Count> state, const WindowLimit& limit, Time now, std::int64_t cost);

// What charge() would say, and nothing else.
template <class Count>
Charge peek(WindowRef<Count> state, const WindowLimit& limit, Time now, std::int64_t cost);

// Takes back what a charge of `cost` (1 or more) in `slot` put there, as far as it is still there.
// Never makes a count negative.
template <class Count>
void give_back(WindowRef<Count> state, const Geometry& geometry, std::int64_t slot,
               std::int64_t cost);

// The same counts under another geometry, so that a changed policy neither hands out a fresh window
// nor forgets a charge: each slot's charges move to the slot that holds the last instant at which
// they can have been made. Over any chain of changes of limit and geometry, no interval as long as
// the shortest of the windows holds more than the largest of the limits. (A longer window cannot
// know what the shorter one before it has forgotten.) Room comes up to one old slot later.
WindowState migrate(const WindowState& old, const Geometry& from, const Geometry& to, Time now);

// ---------------------------------------------------------------------------------------------------------------------------

namespace detail {

// Sum of the `count` places of a ring from `place` on.
template <class Count>
std::int64_t sum(std::span<const Count> counts, std::size_t place, std::int64_t count) {
  std::int64_t result = 0;
  for (; count > 0; --count) {
    result += static_cast<std::int64_t>(counts[place]);
    if (++place == counts.size()) place = 0;
  }
  return result;
}

// The first of the places from ... end-1 that is not zero, or end. 32 bytes at a time, since a
// window is mostly empty when its key is charged seldom, or in bursts.
template <class Count>
std::size_t skip_zeros(std::span<const Count> counts, std::size_t from, std::size_t end) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::size_t kStep = 4 * kWord / sizeof(Count);
  for (; from + kStep <= end; from += kStep) {
    const auto word = [place = reinterpret_cast<const std::byte*>(&counts[from])](std::size_t i) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, place + i * kWord, kWord);
      return bits;
    };
    if ((word(0) | word(1) | word(2) | word(3)) != 0) break;
  }
  while (from < end && counts[from] == 0) ++from;
  return from;
}

// The end of the life of the oldest slots, from `first` (kept at `place`) to `last`, whose counts
// together are at least `needed`, which must be more than none.
template <class Count>
Time end_of_life(std::span<const Count> counts, const Geometry& geometry, std::int64_t first,
                 std::size_t place, std::int64_t last, std::int64_t needed) {
  std::int64_t freed = 0;
  for (std::int64_t slot = first; slot <= last;) {
    const std::size_t end =
        std::min(counts.size(), place + static_cast<std::size_t>(last - slot + 1));
    const std::size_t found = skip_zeros(counts, place, end);
    slot += static_cast<std::int64_t>(found - place);
    place = found;
    if (found < end) {
      freed += static_cast<std::int64_t>(counts[found]);
      if (freed >= needed) return geometry.slot_start(slot + geometry.slots() + 1);
      ++slot;
      ++place;
    }
    if (place == counts.size()) place = 0;
  }
  return Time::max();
}

// peek(), and the place in the ring of the slot that it decided in. Always inlined, with its
// callers: the answer is then built where it is returned to, not copied there.
template <class Count>
[[gnu::always_inline]] inline Charge decide(WindowRef<Count> state, const WindowLimit& limit,
                                            Time now, std::int64_t cost, std::size_t& place) {
  const Geometry& geometry = limit.geometry;
  const std::span<const Count> counts = state.counts;
  WEIR_CHECK(cost >= 1 && counts.size() == static_cast<std::size_t>(geometry.slots()) + 1);
  const std::int64_t newest = *state.newest;

  Charge result;
  result.slot = std::max(geometry.slot_of(now), newest);
  place = geometry.ring_index(result.slot);
  // In a ring of K+1 the oldest live slot, K before this one, is the next.
  const std::size_t oldest_place = place + 1 == counts.size() ? 0 : place + 1;
  const std::int64_t oldest_live = result.slot - geometry.slots();
  std::int64_t live = 0;
  if (result.slot == newest) {
    live = *state.total;
  } else if (oldest_live <= newest) {
    // Without the slots newest-K ... oldest_live-1, which ran out.
    const std::size_t oldest_kept = geometry.ring_index(newest - geometry.slots());
    live = *state.total - sum(counts, oldest_kept, result.slot - newest);
  }
  // Not live + cost <= n: cost may be large enough for the sum to overflow.
  result.admitted = cost <= limit.n && live <= limit.n - cost;
  const std::int64_t used = result.admitted ? live + cost : live;
  result.remaining = std::max<std::int64_t>(limit.n - used, 0);
  if (result.admitted && live == 0) {
    result.room_at = geometry.slot_start(result.slot + geometry.slots() + 1);
  } else if (cost <= limit.n) {
    const std::int64_t needed = result.admitted ? 1 : live - (limit.n - cost);
    result.room_at = end_of_life(counts, geometry, oldest_live, oldest_place, newest, needed);
  }
  return result;
}

// Drops the slots that ran out by the time of `slot`, which is newer than the newest.
template <class Count>
void roll(WindowRef<Count> state, const Geometry& geometry, std::int64_t slot) {
  if (slot - *state.newest > geometry.slots()) {
    std::fill(state.counts.begin(), state.counts.end(), Count{0});
    *state.total = 0;
  } else {
    // Their places are those of the slots newest+1 ... slot.
    std::size_t place = geometry.ring_index(*state.newest);
    for (std::int64_t count = slot - *state.newest; count > 0; --count) {
      if (++place == state.counts.size()) place = 0;
      *state.total -= static_cast<std::int64_t>(state.counts[place]);
      state.counts[place] = Count{0};
    }
  }
  *state.newest = slot;
}

}  // namespace detail

template <class Count>
[[gnu::always_inline]] inline Charge peek(WindowRef<Count> state, const WindowLimit& limit,
                                          Time now, std::int64_t cost) {
  std::size_t place = 0;
  return detail::decide(state, limit, now, cost, place);
}

template <class Count>
[[gnu::always_inline]] inline Charge charge(WindowRef<Count> state, const WindowLimit& limit,
                                            Time now, std::int64_t cost) {
  std::size_t place = 0;
  Charge result = detail::decide(state, limit, now, cost, place);
  if (!result.admitted) return result;
  if (result.slot > *state.newest) detail::roll(state, limit.geometry, result.slot);
  Count& count = state.counts[place];
  count = static_cast<Count>(static_cast<std::int64_t>(count) + cost);
  *state.total += cost;
  return result;
}

template <class Count>
void give_back(WindowRef<Count> state, const Geometry& geometry, std::int64_t slot,
               std::int64_t cost) {
  WEIR_CHECK(cost >= 1);
  if (slot > *state.newest || slot < *state.newest - geometry.slots()) return;
  Count& count = state.counts[geometry.ring_index(slot)];
  const std::int64_t returned = std::min(cost, static_cast<std::int64_t>(count));
  count = static_cast<Count>(static_cast<std::int64_t>(count) - returned);
  *state.total -= returned;
}

}  // namespace weir::limit
