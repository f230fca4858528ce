#include "store/dynamodb/lease_table.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/robust_mutex.h"
#include "base/sha256.h"

namespace weir::store {

// A cell under its lock, if that can be had: whoever holds it may have been stopped.
class LeaseTable::Hold {
 public:
  Hold(LeaseTable& table, const Key& key) : cell_(table.cells_[table.place_of(key)]) {
    constexpr int kTries = 2000;
    const std::size_t lock = table.place_of(key) % table.locks_count_;
    mutex_ = &table.locks_[lock].mutex;
    int error = EBUSY;
    for (int i = 0; i < kTries && error == EBUSY; ++i) error = ::pthread_mutex_trylock(mutex_);
    if (error == EOWNERDEAD) {
      for (std::size_t at = lock; at < table.size_; at += table.locks_count_) {
        table.cells_[at].taken = false;
      }
      error = ::pthread_mutex_consistent(mutex_);
    }
    held_ = error == 0;
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() {
    if (held_) ::pthread_mutex_unlock(mutex_);
  }
  explicit operator bool() const { return held_; }
  Cell& cell() const { return cell_; }

 private:
  Cell& cell_;
  pthread_mutex_t* mutex_ = nullptr;
  bool held_ = false;
};

LeaseTable::LeaseTable(std::size_t cells, base::SharedMemory memory)
    : size_(cells),
      locks_count_(locks_of(cells)),
      memory_(std::move(memory)),
      locks_(reinterpret_cast<Lock*>(memory_.data())),
      cells_(reinterpret_cast<Cell*>(locks_ + locks_count_)) {}

LeaseTable::LeaseTable(std::size_t cells)
    : LeaseTable(cells, base::SharedMemory::of_children(bytes_of(cells))) {
  make_locks(memory_.data(), cells);
}

Result<std::unique_ptr<LeaseTable>> LeaseTable::of_machine(std::string_view name) {
  // Another version's cells are another file.
  const Sha256 digest = sha256(fmt::format("weir leases 1\n{}\n{}\n{}\n{}", kCells, sizeof(Cell),
                                           sizeof(pthread_mutex_t), name));
  std::string file = "weir-leases-";
  for (std::size_t i = 0; i < 16; ++i) {
    file += fmt::format("{:02x}", std::to_integer<unsigned>(digest.at(i)));
  }
  Result<base::SharedMemory> memory = base::SharedMemory::of_machine(
      file, bytes_of(kCells), [](std::byte* made) { make_locks(made, kCells); });
  if (!memory) return tl::unexpected(memory.error());
  return std::unique_ptr<LeaseTable>(new LeaseTable(kCells, *std::move(memory)));
}

void LeaseTable::make_locks(std::byte* memory, std::size_t cells) {
  auto* const locks = reinterpret_cast<Lock*>(memory);
  for (std::size_t i = 0; i < locks_of(cells); ++i) {
    WEIR_CHECK(base::make_robust_mutex(&locks[i].mutex) == 0);
  }
}

bool LeaseTable::claim(Cell& cell, const Key& key, const limit::WindowLimit& limit, Time now,
                       std::int64_t slot, std::int64_t used) {
  if (!cell.is_free(now, used)) return false;
  cell = Cell{};
  cell.taken = true;
  cell.key = key;
  cell.limit = limit;
  cell.tokens.slot = slot;
  return true;
}

std::optional<limit::Charge> LeaseTable::take(const Key& key, const limit::WindowLimit& limit,
                                              Time now, std::int64_t cost) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
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
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  Withdrawn withdrawn;
  if (!hold || !cell.is_of(key, limit)) return withdrawn;
  (cell.is_over(now) ? withdrawn.over : withdrawn.current) = cell.tokens;
  cell.tokens.count = 0;
  return withdrawn;
}

void LeaseTable::put_back(const Key& key, const limit::WindowLimit& limit, const Tokens& tokens) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  if (!hold || !cell.is_of(key, limit) || cell.tokens.slot != tokens.slot) return;
  cell.tokens.count += tokens.count;
}

bool LeaseTable::take_back(const Key& key, const limit::WindowLimit& limit, Time now,
                           const Tokens& unused) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  if (!hold || !cell.is_of(key, limit) || cell.tokens.slot != unused.slot || cell.is_over(now)) {
    return false;
  }
  cell.tokens.count += unused.count;
  cell.handed -= unused.count;
  return true;
}

void LeaseTable::refused(const Key& key, const limit::WindowLimit& limit, Time now, Time seen_at,
                         std::int64_t cost, const limit::Charge& refusal) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  if (!hold) return;
  if (!cell.is_of(key, limit) && !claim(cell, key, limit, now, limit.geometry.slot_of(now), 0)) {
    return;
  }
  cell.refused_at = seen_at;
  cell.refused_cost = cost;
  cell.refusal = refusal;
}

std::optional<limit::Charge> LeaseTable::refusal(const Key& key, const limit::WindowLimit& limit,
                                                 Time now, std::int64_t cost, Time seen_at) {
  const Hold hold(*this, key);
  const Cell& cell = hold.cell();
  if (!hold || !cell.is_of(key, limit) || cost != cell.refused_cost || cell.refused_at < seen_at ||
      now >= cell.refusal.room_at) {
    return std::nullopt;
  }
  return cell.refusal;
}

void LeaseTable::forget(const Key& key) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  if (hold && cell.taken && cell.key == key) cell = Cell{};
}

bool LeaseTable::has_tokens(const Key& key, const limit::WindowLimit& limit) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  return hold && cell.is_of(key, limit) && cell.tokens.count > 0;
}

std::int64_t LeaseTable::extra(const Key& key, const limit::WindowLimit& limit, Time now,
                               std::int64_t cost, std::int64_t waiting, std::int64_t room) {
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
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
    // A slot like the last busy one, as much of it as tokens last for, and what chance may add.
    likely = cell.handed + cell.handed / kShare;
    if (geometry.slot_width() > limit::kMaxAhead) {
      likely = static_cast<std::int64_t>(static_cast<double>(likely) *
                                         (static_cast<double>(limit::kMaxAhead.count()) /
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
  const Hold hold(*this, key);
  Cell& cell = hold.cell();
  if (!hold) return;
  if (!cell.is_of(key, limit) && !claim(cell, key, limit, now, admission.slot, used + tokens)) {
    return;
  }
  if (cell.tokens.slot > admission.slot) return;  // an answer that came late
  if (cell.tokens.slot < admission.slot) {
    cell.tokens = {admission.slot, 0};
    cell.handed_before = cell.handed;
    cell.handed = 0;
  }
  cell.tokens.count += tokens;
  cell.until = now + limit::kMaxAhead;
  cell.handed += used;
  cell.last_size = used + tokens;
  cell.beyond = admission.remaining;
  cell.room_at = admission.room_at;
}

}  // namespace weir::store
