// Limit: any of the algorithms, as one value. State: the state of any of them, as one value that
// owns its memory, for stores that keep states elsewhere, for the simulator and for tests.
//
// | algorithm    | at most in any W | the header that has the promise and its proof |
// | exact window | N                | limit/exact_window.h                          |
// | gcra         | B + W / T        | limit/gcra.h                                  |
// | fixed window | 2N               | limit/fixed_window.h                          |
// | distinct     | M values         | limit/distinct.h                              |
// | concurrency  | M at once        | limit/concurrency.h                           |
//
// Pure: no I/O, no clock. Thread safety: plain values; the caller guards a State.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "limit/charge.h"
#include "limit/concurrency.h"
#include "limit/distinct.h"
#include "limit/exact_window.h"
#include "limit/fixed_window.h"
#include "limit/gcra.h"

namespace weir::limit {

using Limit =
    std::variant<WindowLimit, GcraLimit, FixedWindowLimit, DistinctLimit, ConcurrencyLimit>;

// One request for one key.
struct Ask {
  Time now{};
  std::int64_t cost = 1;      // 1 or more; distinct and concurrency do not look at it
  std::uint64_t subject = 0;  // distinct: the value's hash. concurrency: the request's own id
};

// The most that a cost may be under this limit; a larger one never fits.
std::int64_t largest_cost(const Limit& limit);

// Whether the numbers of a limit are within the bounds of its header, so that no arithmetic on
// them overflows.
bool is_valid(const Limit& limit);

struct OwnedWindow {
  Geometry geometry;
  WindowState window;
  friend bool operator==(const OwnedWindow&, const OwnedWindow&) = default;
};
struct OwnedDistinct {
  Geometry geometry;
  std::int64_t newest = kNeverCharged;
  std::vector<Sighting> places;  // only those that are taken
  friend bool operator==(const OwnedDistinct&, const OwnedDistinct&) = default;
};
struct OwnedHolds {
  std::vector<Hold> places;  // only those that are taken
  friend bool operator==(const OwnedHolds&, const OwnedHolds&) = default;
};

// std::monostate: a key that nobody has charged.
using State = std::variant<std::monostate, OwnedWindow, GcraState, FixedWindowState, OwnedDistinct,
                           OwnedHolds>;

// Charges, after moving the state to this limit's geometry if it has another one. A state of
// another algorithm is taken for an unused one: there is no meaning to carry over, and a rule whose
// algorithm changes is a new rule. Changes the state only if it admits.
Charge charge(State& state, const Limit& limit, const Ask& ask);
Charge peek(const State& state, const Limit& limit, const Ask& ask);

// Takes back what charge() admitted; `slot` is from its Charge, `ask.now` is the present. For
// concurrency it is how a request is finished. For distinct it does nothing (limit/distinct.h).
void give_back(State& state, const Limit& limit, const Ask& ask, std::int64_t slot);

// The instant from which on nothing in the state counts any more; Time::min() if nothing does.
Time end_of_life(const State& state);

}  // namespace weir::limit
