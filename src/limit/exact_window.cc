#include "limit/exact_window.h"

namespace weir::limit {

WindowState migrate(const WindowState& old, const Geometry& from, const Geometry& to, Time now) {
  WindowState moved;
  if (old.total == 0) return moved;
  // A charge of slot s was made, by its node's clock, before the end of s, and not after now. So
  // this instant is no further behind its real time than a clock may be: all that the promise asks
  // of the slot that a charge is filed under.
  const auto new_slot = [&](std::int64_t slot) {
    return to.slot_of(std::min(from.slot_start(slot + 1) - Duration(1), now));
  };
  // What ran out under the old geometry stays forgotten, whether its slot was reused yet or not.
  const std::int64_t oldest_live = std::max(from.slot_of(now), old.newest) - from.slots();
  if (oldest_live > old.newest) return moved;
  moved.newest = new_slot(old.newest);
  for (std::int64_t slot = oldest_live; slot <= old.newest; ++slot) {
    if (new_slot(slot) < moved.newest - to.slots()) continue;
    const std::int64_t count = old.counts[from.ring_index(slot)];
    moved.counts[to.ring_index(new_slot(slot))] += count;
    moved.total += count;
  }
  return moved;
}

}  // namespace weir::limit
