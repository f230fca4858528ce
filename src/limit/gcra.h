// GCRA, the generic cell rate algorithm: a token bucket as one number.
//
// The state is the theoretical arrival time, TAT: the instant at which the bucket is full again.
// Each unit of cost moves it on by the interval T. A cost that would move it further than B*T past
// now does not fit.
//
// What it promises: in every closed interval of real time of length W at most B + floor(W' / T) is
// admitted, where W' = W + 2e, e being the error of the worst clock (and half the time that a
// decision takes to arrive, as for the exact window). Why: of k admissions in the interval the
// first leaves TAT at (its now) + T or later, k leave it at (first now) + kT or later, and the last
// was let through with TAT at most (its now) + BT; the two nows are at most W' apart.
//
// per_window(N, W, B) spreads N over W, so its worst case is about N + B. strict(N, W, B) takes T
// so long that B + floor(W' / T) <= N: the worst case is N, and (N - B + 1) / W' flows steadily.
//
// Source: ITU-T I.371 (03/2004), annex A.
//
// Pure: no I/O, no clock, no heap. Thread safety: none of its own.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "limit/charge.h"
#include "weir/time.h"

namespace weir::limit {

struct GcraLimit {
  Duration interval{1};    // T: 1 ns to 366 days and a second
  std::int64_t burst = 1;  // B: how much may pass at one instant. B*T is at most kMaxTolerance
  Duration clock_error{};  // e; a give-back keeps that far away from instants it cannot tell apart

  // B*T. Half of int64, so that no sum of a time and a tolerance overflows.
  static constexpr Duration kMaxTolerance = Duration(INT64_MAX / 4);

  // N in W on average, B at once. N / W is at most one in a nanosecond.
  static constexpr GcraLimit per_window(std::int64_t n, Duration window, std::int64_t burst,
                                        Duration clock_error = Duration::zero()) {
    // Rounded up, so that never more than N / W flows.
    const std::int64_t interval = (window.count() + n - 1) / n;
    return {Duration(std::max<std::int64_t>(interval, 1)), burst, clock_error};
  }

  // Never more than N in any W. burst: 1 to N.
  static constexpr GcraLimit strict(std::int64_t n, Duration window, std::int64_t burst,
                                    Duration clock_error = Duration::zero()) {
    // The smallest T with floor(W' / T) <= N - B.
    const Duration stretched = window + 2 * clock_error;
    return {Duration(stretched.count() / (n - burst + 1) + 1), burst, clock_error};
  }

  constexpr Duration tolerance() const { return interval * burst; }
  // The most that any closed interval of real time of this length may hold.
  constexpr std::int64_t worst_case(Duration window) const {
    return burst + (window + 2 * clock_error) / interval;
  }

  friend bool operator==(const GcraLimit&, const GcraLimit&) = default;
};

// One key's state. An unused one has no interval.
struct GcraState {
  static constexpr Time kNeverMoved = Time::min();
  // For how long after a move it is remembered, for charges from before it that are given back: no
  // request takes longer.
  static constexpr Duration kMoveKept = std::chrono::hours(1);

  Time arrival{};       // TAT
  Duration interval{};  // the T that it was counted with
  // What is charged by the latest that any clock may say now, or earlier, is not given back: T was
  // another one, or too much has been given back since.
  Time moved = kNeverMoved;
  Duration returned{};  // what was given back since, if it may still matter

  // Whether there is more to it than TAT and T.
  bool remembers() const { return moved != kNeverMoved || returned > Duration::zero(); }

  friend bool operator==(const GcraState&, const GcraState&) = default;
};

// An empty bucket, of a key that has been charged before.
inline GcraState begun_anew(const GcraLimit& limit, Time now) {
  return {now, limit.interval, now + 2 * limit.clock_error};
}

// The same debt under another interval: what was charged and has not drained yet stays charged, in
// units, so a changed policy neither empties the bucket nor leaves TAT stuck far in the future.
// Drained is what has drained by the earliest that any clock may say: TAT is one clock's time, and
// the debt is measured by another's. So over any chain of changes, at most the largest B and what
// flows in at the shortest T is admitted in between any two instants, and 2e / T.
inline GcraState migrate(const GcraState& old, const GcraLimit& limit, Time now) {
  const Duration interval = limit.interval;
  if (old.interval == interval) return old;
  const Time earliest = now - 2 * limit.clock_error;
  if (old.interval == Duration::zero()) return {now, interval};
  GcraState moved = begun_anew(limit, now);
  moved.moved = std::max(moved.moved, old.moved);
  if (old.arrival <= earliest) return moved;
  const std::int64_t debt =
      ((old.arrival - earliest).count() + old.interval.count() - 1) / old.interval.count();
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(debt, interval.count(), &ns) ||
      ns > GcraLimit::kMaxTolerance.count()) {
    ns = GcraLimit::kMaxTolerance.count();
  }
  moved.arrival += Duration(ns);
  return moved;
}

// Without what no give-back can be about any more. No charge reached further than TAT and what was
// given back together; and give-backs that are as large as the bucket are remembered as a move.
inline GcraState tidied(GcraState state, const GcraLimit& limit, Time now) {
  if (state.arrival + state.returned <= now) state.returned = Duration::zero();
  if (state.returned >= limit.tolerance()) {
    state.moved = std::max(state.moved, now + 2 * limit.clock_error);
    state.returned = Duration::zero();
  }
  if (state.moved <= now - GcraState::kMoveKept) state.moved = GcraState::kNeverMoved;
  return state;
}

// Charges `cost` (1 or more) at `now`. Changes the state only if it admits.
inline Charge charge(GcraState& state, const GcraLimit& limit, Time now, std::int64_t cost) {
  WEIR_CHECK(cost >= 1);
  const GcraState current = migrate(state, limit, now);
  const Duration debt = std::max(current.arrival - now, Duration::zero());
  const auto fitting = [&](Duration owed) {
    return std::max<std::int64_t>((limit.tolerance() - owed) / limit.interval, 0);
  };
  Charge result;
  if (cost > limit.burst) {
    result.remaining = fitting(debt);
    return result;
  }
  const Duration price = limit.interval * cost;  // at most the tolerance, so it does not overflow
  result.admitted = debt <= limit.tolerance() - price;
  const Duration owed = result.admitted ? debt + price : debt;
  result.remaining = fitting(owed);
  if (result.admitted) {
    state = tidied(current, limit, now);
    state.arrival = now + owed;
    result.slot = state.arrival.time_since_epoch().count();
    // One more fits when the debt has fallen to a whole number of places.
    result.room_at = state.arrival - (limit.tolerance() - limit.interval * (result.remaining + 1));
  } else {
    result.room_at = current.arrival - (limit.tolerance() - price);
  }
  return result;
}

// What charge() would say, and nothing else.
inline Charge peek(const GcraState& state, const GcraLimit& limit, Time now, std::int64_t cost) {
  GcraState copy = state;
  return charge(copy, limit, now, cost);
}

// Takes back a charge of `cost`, of which `slot` is what its Charge said: as much of it as had not
// drained by the latest that any clock may say, or nothing. What has drained since is not returned,
// since others may have been let in on the strength of it.
//
// Why that is exact: since the charge, TAT has never been below its slot less what was given back
// meanwhile. If that is still as far ahead of all clocks as what is given back now, the bucket
// would not have been empty for an instant without it; so all that came later stands that much
// earlier. What is charged before `moved` drained at another pace for a while; a charge is no
// earlier than its slot less the tolerance.
inline void give_back(GcraState& state, const GcraLimit& limit, Time now, std::int64_t slot,
                      std::int64_t cost) {
  WEIR_CHECK(cost >= 1);
  const Time left = Time(Duration(slot));
  const Time latest = now + 2 * limit.clock_error;
  if (state.interval != limit.interval || cost > limit.burst) return;
  if (left <= latest || left - limit.tolerance() <= state.moved) return;
  const Duration debt = std::min(limit.interval * cost, left - latest);
  if (state.arrival < latest + debt || state.returned > left - latest - debt) return;
  state.arrival -= debt;
  state.returned += debt;
}

}  // namespace weir::limit
