#include "store/dynamodb/lease_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/robust_mutex.h"

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

LeaseTable::LeaseTable(std::size_t cells)
    : size_(cells), locks_count_(std::min(cells, kMostLocks)) {
  void* const memory =
      ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  WEIR_CHECK(memory != MAP_FAILED);
  locks_ = static_cast<Lock*>(memory);
  cells_ = reinterpret_cast<Cell*>(locks_ + locks_count_);
  for (std::size_t i = 0; i < locks_count_; ++i) {
    WEIR_CHECK(base::make_robust_mutex(&locks_[i].mutex) == 0);
  }
}

LeaseTable::~LeaseTable() {
  ::munmap(locks_, bytes());
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
    // A slot like the last busy one, as much of it as tokens last for.
    likely = cell.handed;
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
  cell.until = now + limit::kMaxAhead;
  cell.handed += used;
  cell.last_size = used + tokens;
  cell.beyond = admission.remaining;
  cell.room_at = admission.room_at;
}

}  // namespace weir::store
