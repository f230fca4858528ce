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
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/check.h"
#include "limit/charge.h"
#include "weir/time.h"

namespace weir::limit {

// K at most. 60 slots keep a DynamoDB item well below 1 KB, the unit that a write is billed by.
inline constexpr int kMaxSlots = 60;
inline constexpr Duration kMinSlotWidth = std::chrono::milliseconds(100);
inline constexpr Duration kMinWindow = std::chrono::milliseconds(1);  // one slot, and that long
// How long after its charge an admission may still be let through, at most, while its slot lasts:
// who takes some ahead hands them out within that.
inline constexpr Duration kMaxAhead = std::chrono::seconds(1);

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

  // Where slot `slot` is kept in a ring of K+1 counts: slot mod K+1, without a division.
  constexpr std::size_t ring_index(std::int64_t slot) const {
    const auto places = static_cast<std::uint64_t>(slots_) + 1;
    if (slot < 0) {
      const std::int64_t place = slot % (slots_ + 1);
      return static_cast<std::size_t>(place < 0 ? place + slots_ + 1 : place);
    }
    // slot * floor(2^64 / m) / 2^64 is less than slot / m by at most slot / 2^64, which is less
    // than a half: its whole part is the quotient, or one less.
    const auto dividend = static_cast<std::uint64_t>(slot);
    const auto quotient =
        static_cast<std::uint64_t>(static_cast<Wide>(dividend) * kReciprocals[places] >> 64);
    const std::uint64_t rest = dividend - quotient * places;
    return rest >= places ? rest - places : rest;
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
  __extension__ using Wide = unsigned __int128;
  // floor((2^64 - 1) / m), which is floor(2^64 / m) unless m is a power of two, and then one less.
  static constexpr std::array<std::uint64_t, kMaxSlots + 2> kReciprocals = [] {
    std::array<std::uint64_t, kMaxSlots + 2> reciprocals{};
    for (std::uint64_t m = 1; m < reciprocals.size(); ++m) reciprocals[m] = UINT64_MAX / m;
    return reciprocals;
  }();

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
// what they paid for can be let through (kMaxAhead). Over any chain of changes of limit and
// geometry, no interval as long as the shortest of the windows holds more than the largest of the
// limits. (A longer window cannot know what the shorter one before it has forgotten.) Room comes up
// to one old slot later, or up to 2 * kMaxAhead if that is less.
WindowState migrate(const WindowState& old, const Geometry& from, const Geometry& to, Time now);

// ---------------------------------------------------------------------------------------------------------------------------

namespace detail {

// A set of places of a ring, bit i for place i. K+1 places are at most 61, so one word holds them,
// and what a decision asks of a ring (which slots ran out, which is the oldest that counts) is
// arithmetic on that word. Without loops over the places there is nothing to mispredict that only
// the counts could tell: with many keys that costs more than all the rest.
using Places = std::uint64_t;
static_assert(kMaxSlots + 1 < 64);

#if defined(__SSE2__)
// Which of 16 counts of up to 4 bytes are not zero. Packing with saturation keeps what is not zero.
template <class Count>
unsigned occupied_of_16(const Count* counts) {
  const auto load = [&](std::size_t i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(counts) + i);
  };
  __m128i bytes;
  if constexpr (sizeof(Count) == 1) {
    bytes = load(0);
  } else if constexpr (sizeof(Count) == 2) {
    bytes = _mm_packs_epi16(load(0), load(1));
  } else {
    bytes = _mm_packs_epi16(_mm_packs_epi32(load(0), load(1)), _mm_packs_epi32(load(2), load(3)));
  }
  const __m128i is_zero = _mm_cmpeq_epi8(bytes, _mm_setzero_si128());
  return static_cast<unsigned>(_mm_movemask_epi8(is_zero)) ^ 0xFFFFU;
}
#endif

// The places that are not zero.
template <class Count>
Places occupied(std::span<const Count> counts) {
  const std::size_t size = counts.size();
  Places places = 0;
#if defined(__SSE2__)
  if constexpr (sizeof(Count) <= 4) {
    if (size >= 16) {
      for (std::size_t at = 0; at + 16 <= size; at += 16) {
        places |= Places{occupied_of_16(&counts[at])} << at;
      }
      // The last 16, some of them for the second time.
      return places | Places{occupied_of_16(&counts[size - 16])} << (size - 16);
    }
  }
#endif
  for (std::size_t at = 0; at < size; ++at) places |= Places{counts[at] != 0} << at;
  return places;
}

// `count` places from `first` on, around the end of a ring of `size`.
inline Places run(std::size_t first, std::size_t count, std::size_t size) {
  const Places ones = (Places{1} << count) - 1;
  return (ones << first | ones >> (size - first)) & ((Places{1} << size) - 1);
}

// Takes the lowest place out of a set that is not empty.
inline std::size_t take_lowest(Places& places) {
  const auto lowest = static_cast<std::size_t>(std::countr_zero(places));
  places &= places - 1;
  return lowest;
}

// What charge() and peek() find out.
struct Decision {
  Charge charge;
  std::size_t place = 0;  // of the slot that it was made in
  Places expired = 0;     // the places that still hold what ran out before that slot
  std::int64_t live = 0;  // what the others hold
};

// Always inlined, with its callers: the answer is then built where it is returned to.
template <class Count>
[[gnu::always_inline]] inline Decision decide(WindowRef<Count> state, const WindowLimit& limit,
                                              Time now, std::int64_t cost) {
  const Geometry& geometry = limit.geometry;
  const std::span<const Count> counts = state.counts;
  const std::size_t size = counts.size();
  WEIR_CHECK(cost >= 1 && size == static_cast<std::size_t>(geometry.slots()) + 1);
  const std::int64_t newest = *state.newest;

  Decision decision;
  Charge& result = decision.charge;
  result.slot = std::max(geometry.slot_of(now), newest);
  decision.place = geometry.ring_index(result.slot);
  // The places of the slots newest+1 ... slot hold those of newest-K ... slot-K-1, which ran out.
  const std::size_t after_newest = geometry.ring_index(newest) + 1;
  const auto passed =
      static_cast<std::size_t>(std::min(result.slot - newest, static_cast<std::int64_t>(size)));
  const Places used = occupied(counts);
  decision.expired = used & run(after_newest == size ? 0 : after_newest, passed, size);
  decision.live = *state.total;
  for (Places left = decision.expired; left != 0;) {
    decision.live -= static_cast<std::int64_t>(counts[take_lowest(left)]);
  }
  const std::int64_t live = decision.live;
  // Not live + cost <= n: cost may be large enough for the sum to overflow.
  result.admitted = cost <= limit.n && live <= limit.n - cost;
  const std::int64_t now_used = result.admitted ? live + cost : live;
  result.remaining = std::max<std::int64_t>(limit.n - now_used, 0);
  if (cost > limit.n) return decision;

  // The live places by age: bit 0 is the oldest live slot, K before this one, whose place in a ring
  // of K+1 is the next.
  const std::size_t oldest_place = decision.place + 1 == size ? 0 : decision.place + 1;
  const Places live_places = used & ~decision.expired;
  Places by_age = (live_places >> oldest_place | live_places << (size - oldest_place)) &
                  ((Places{1} << size) - 1);
  if (result.admitted) by_age |= Places{1} << (size - 1);  // what is charged now
  // The end of the life of the oldest slots whose counts together free what is needed.
  std::int64_t needed = result.admitted ? 1 : live - (limit.n - cost);
  while (by_age != 0) {
    const std::size_t age = take_lowest(by_age);
    const std::size_t at =
        oldest_place + age < size ? oldest_place + age : oldest_place + age - size;
    needed -= result.admitted ? 1 : static_cast<std::int64_t>(counts[at]);
    if (needed > 0) continue;
    // The slot's number is slot-K+age, and it lives for K slots after itself.
    result.room_at = geometry.slot_start(result.slot + static_cast<std::int64_t>(age) + 1);
    break;
  }
  return decision;
}

}  // namespace detail

template <class Count>
[[gnu::always_inline]] inline Charge peek(WindowRef<Count> state, const WindowLimit& limit,
                                          Time now, std::int64_t cost) {
  return detail::decide(state, limit, now, cost).charge;
}

template <class Count>
[[gnu::always_inline]] inline Charge charge(WindowRef<Count> state, const WindowLimit& limit,
                                            Time now, std::int64_t cost) {
  const detail::Decision decision = detail::decide(state, limit, now, cost);
  if (!decision.charge.admitted) return decision.charge;
  for (detail::Places left = decision.expired; left != 0;) {
    state.counts[detail::take_lowest(left)] = Count{0};
  }
  Count& count = state.counts[decision.place];
  count = static_cast<Count>(static_cast<std::int64_t>(count) + cost);
  *state.newest = decision.charge.slot;
  *state.total = decision.live + cost;
  return decision.charge;
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
