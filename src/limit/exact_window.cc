#include "limit/exact_window.h"

namespace weir::limit {

WindowState migrate(const WindowState& old, const Geometry& from, const Geometry& to, Time now,
                    Duration max_clock_skew) {
  WindowState moved;
  if (old.newest == kNeverCharged || old.total == 0) return moved;
  WindowState copy = old;
  const std::int64_t now_slot = std::max(from.slot_of(now), old.newest);
  if (now_slot - from.slots() > old.newest) return moved;
  const std::int64_t dead = detail::sum<std::int64_t>(
      copy.ref(from).counts, from, old.newest - from.slots(), now_slot - from.slots() - 1);
  if (old.total == dead) return moved;
  // Nothing was charged after the newest slot's end, nor later than the fastest clock may be by
  // now.
  const Time slot_end = from.slot_start(old.newest + 1) - Duration(1);
  const Time last_charge = std::max(now, std::min(slot_end, now + 2 * max_clock_skew));
  moved.newest = to.slot_of(last_charge);
  moved.total = old.total - dead;
  moved.counts[to.ring_index(moved.newest)] = moved.total;
  return moved;
}

}  // namespace weir::limit
