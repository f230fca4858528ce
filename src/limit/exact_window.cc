#include "limit/exact_window.h"

namespace weir::limit {

WindowState migrate(const WindowState& old, const Geometry& from, const Geometry& to, Time now) {
  WindowState moved;
  if (old.total == 0) return moved;
  // A charge of slot s was made not after now, and what it paid for is let through, by its node's
  // clock, before the end of s, and at most kMaxAhead later; twice that, should that clock be set
  // back meanwhile. So this instant is no further behind its real time than a clock may be: all
  // that the promise asks of the slot that a charge is filed under.
  const Time last = now > Time::max() - 2 * kMaxAhead ? Time::max() : now + 2 * kMaxAhead;
  const auto new_slot = [&](std::int64_t slot) {
    return to.slot_of(std::min(from.slot_start(slot + 1) - Duration(1), last));
  };
  // What ran out under the old geometry stays forgotten, whether its slot was reused yet or not.
  const std::int64_t oldest_live = std::max(from.slot_of(now), old.newest) - from.slots();
  if (oldest_live > old.newest) return moved;
  moved.newest = new_slot(old.newest);
  // That may lie ahead of the clock: what is not over yet by the clock stays, in the oldest slot
  // that is left.
  const std::int64_t oldest_kept = moved.newest - to.slots();
  const std::int64_t oldest_due = std::min(moved.newest, to.slot_of(now)) - to.slots();
  for (std::int64_t slot = oldest_live; slot <= old.newest; ++slot) {
    if (new_slot(slot) < oldest_due) continue;
    const std::int64_t count = old.counts[from.ring_index(slot)];
    moved.counts[to.ring_index(std::max(new_slot(slot), oldest_kept))] += count;
    moved.total += count;
  }
  return moved;
}

}  // namespace weir::limit
