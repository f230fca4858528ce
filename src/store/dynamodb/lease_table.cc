#include "store/dynamodb/lease_table.h"

#include <algorithm>

namespace weir::store {

// The lock of a cell, if it can be had: whoever holds it may have been stopped.
class LeaseTable::Hold {
 public:
  explicit Hold(Cell& cell) : cell_(cell) {
    constexpr int kTries = 2000;
    for (int i = 0; i < kTries && !held_; ++i) {
      // Acquire: sees what the one before wrote under the lock.
      held_ = !cell_.locked.load(std::memory_order_relaxed) &&
              !cell_.locked.exchange(true, std::memory_order_acquire);
    }
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() {
    if (held_) cell_.locked.store(false, std::memory_order_release);
  }
  explicit operator bool() const { return held_; }

 private:
  Cell& cell_;
  bool held_ = false;
};

LeaseTable::LeaseTable(std::size_t cells) : size_(cells), cells_(std::make_unique<Cell[]>(cells)) {}

std::optional<limit::Charge> LeaseTable::take(const Key& key, const limit::WindowLimit& limit,
                                              Time now, std::int64_t cost) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  if (!hold || !cell.is_of(key, limit) || cell.tokens.count < cost || cell.is_over(now)) {
    return std::nullopt;
  }
  cell.tokens.count -= cost;
  cell.handed += cost;
  return limit::Charge{.admitted = true,
                       .slot = cell.tokens.slot,
                       .remaining = cell.beyond + cell.tokens.count,
                       .room_at = cell.room_at};
}

LeaseTable::Withdrawn LeaseTable::withdraw(const Key& key, const limit::WindowLimit& limit,
                                           Time now) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  Withdrawn withdrawn;
  if (!hold || !cell.is_of(key, limit)) return withdrawn;
  (cell.is_over(now) ? withdrawn.over : withdrawn.current) = cell.tokens;
  cell.tokens.count = 0;
  return withdrawn;
}

void LeaseTable::put_back(const Key& key, const limit::WindowLimit& limit, const Tokens& tokens) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  if (!hold || !cell.is_of(key, limit) || cell.tokens.slot != tokens.slot) return;
  cell.tokens.count += tokens.count;
}

bool LeaseTable::take_back(const Key& key, const limit::WindowLimit& limit, Time now,
                           const Tokens& unused) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  if (!hold || !cell.is_of(key, limit) || cell.tokens.slot != unused.slot || cell.is_over(now)) {
    return false;
  }
  cell.tokens.count += unused.count;
  cell.handed -= unused.count;
  return true;
}

bool LeaseTable::has_tokens(const Key& key, const limit::WindowLimit& limit) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  return hold && cell.is_of(key, limit) && cell.tokens.count > 0;
}

std::int64_t LeaseTable::extra(const Key& key, const limit::WindowLimit& limit, Time now,
                               std::int64_t cost, std::int64_t waiting, std::int64_t room) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  if (!hold) return 0;
  const limit::Geometry& geometry = limit.geometry;
  if (!cell.is_of(key, limit)) {
    return cell.is_free(now, cost + waiting) ? std::min(waiting, room) : 0;
  }
  std::int64_t likely = 0;
  if (!cell.is_over(now)) {
    // This slot's demand has outgrown what was charged for it.
    likely = std::max(2 * cell.last_size, cell.handed_before - cell.handed - cost);
  } else if (geometry.slot_of(now) - cell.tokens.slot <= geometry.slots() + 1) {
    // A slot like the last busy one, as much of it as lies within the horizon.
    likely = cell.handed;
    if (geometry.slot_width() > kHorizon) {
      likely = static_cast<std::int64_t>(static_cast<double>(likely) *
                                         (static_cast<double>(kHorizon.count()) /
                                          static_cast<double>(geometry.slot_width().count())));
    }
  }
  // Of the new slot's, this request is a part.
  if (cell.is_over(now)) likely -= cost;
  const std::int64_t present = std::min(waiting, room);
  const std::int64_t ahead = std::max<std::int64_t>(likely - present, 0);
  return present + std::min(ahead, (room - present) / kShare);
}

void LeaseTable::grant(const Key& key, const limit::WindowLimit& limit, Time now,
                       const limit::Charge& admission, std::int64_t used, std::int64_t tokens) {
  Cell& cell = cell_of(key);
  const Hold hold(cell);
  if (!hold) return;
  if (!cell.is_of(key, limit)) {
    if (!cell.is_free(now, used + tokens)) return;
    cell.taken = true;
    cell.key = key;
    cell.limit = limit;
    cell.tokens = {admission.slot, 0};
    cell.handed = 0;
    cell.handed_before = 0;
  }
  if (cell.tokens.slot > admission.slot) return;  // an answer that came late
  if (cell.tokens.slot < admission.slot) {
    cell.tokens = {admission.slot, 0};
    cell.handed_before = cell.handed;
    cell.handed = 0;
  }
  cell.tokens.count += tokens;
  cell.handed += used;
  cell.last_size = used + tokens;
  cell.beyond = admission.remaining;
  cell.room_at = admission.room_at;
}

}  // namespace weir::store
