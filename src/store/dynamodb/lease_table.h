// LeaseTable: admissions that this node has paid for and not handed out yet.
//
// A node under load charges more than one admission at a time and hands the rest out by itself. A
// token is worth an admission only while the clock is in the slot in which it was charged (or
// earlier: a lagging clock charges the newest slot anyway), since it counts for the windows of that
// slot; and for a second at most (limit::kMaxAhead), since a changed policy may move that slot's
// charges into shorter slots. So it is exactly an admission that was charged when it was paid for,
// and the promise is untouched; what a request's decision may be late by is allowed for as for any
// other (docs/limiter.md). Whatever is left then is given back with the node's next write to the
// key.
//
// How many: as many as were asked for in the last busy slot and 1/kShare more, or twice as many as
// the last time in this one, but at most 1/kShare of the room that is left, so that the last
// admissions are taken one by one and all of N is usable.
//
// One cell of a fixed table for each key, by its hash. Keys that meet in one cell do not lease at
// the same time. The table is shared memory without pointers: the children of a fork have the very
// same tokens, not a copy of them to hand out once more, and so have all processes of a machine
// that name the same table. A cell also knows the last refusal of its key, so that of these
// processes one asks the store, and the others need not.
//
// Thread safety: all members may be called from any thread of any process that has the memory. Each
// takes one lock for some tens of nanoseconds; nothing allocates. A cell whose lock cannot be had,
// because its holder is stopped, is passed over, which costs a write. If the holder was killed, the
// cells of its lock are forgotten: a change that it had half made reads as no tokens at all.
//
//   if (auto charge = leases.take(key, limit, now, cost)) return *charge;  // admitted
//   leases.grant(key, limit, now, {.slot = slot, .tokens = charged - cost, ...});
#pragma once

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/key.h"
#include "base/result.h"
#include "base/shared_memory.h"
#include "limit/exact_window.h"
#include "weir/time.h"

namespace weir::store {

class LeaseTable {
 public:
  static constexpr std::size_t kCells = 4096;
  static constexpr std::int64_t kShare = 8;

  // For this process and its children.
  explicit LeaseTable(std::size_t cells = kCells);
  // For all processes of this user on this machine that give this name (base/shared_memory.h),
  // which must stand for one table in the store, its account and endpoint. An Error says why there
  // can be none.
  static Result<std::unique_ptr<LeaseTable>> of_machine(std::string_view name);
  LeaseTable(const LeaseTable&) = delete;
  LeaseTable& operator=(const LeaseTable&) = delete;

  // Hands out `cost` tokens, if there are as many. The answer is that of an admission: what remains
  // counts the tokens that are left.
  std::optional<limit::Charge> take(const Key& key, const limit::WindowLimit& limit, Time now,
                                    std::int64_t cost);

  // Tokens of one slot.
  struct Tokens {
    std::int64_t slot = 0;
    std::int64_t count = 0;
  };
  // Takes all tokens out: those that may still be handed out, or those whose time is over. Nobody
  // else has them then.
  struct Withdrawn {
    Tokens current;
    Tokens over;
  };
  Withdrawn withdraw(const Key& key, const limit::WindowLimit& limit, Time now);
  // Puts tokens back that were withdrawn, if nothing else has been granted meanwhile.
  void put_back(const Key& key, const limit::WindowLimit& limit, const Tokens& tokens);
  // Puts an admission back that was not used, so that it is handed out again. False if its time is
  // over, or not the one of the tokens here.
  bool take_back(const Key& key, const limit::WindowLimit& limit, Time now, const Tokens& unused);
  // What one of these processes heard from the store at `seen_at`: no room for `cost` before
  // refusal.room_at.
  void refused(const Key& key, const limit::WindowLimit& limit, Time now, Time seen_at,
               std::int64_t cost, const limit::Charge& refusal);
  // That, if it was of this very cost (room for another one comes at another time) and was not
  // heard before `seen_at`.
  std::optional<limit::Charge> refusal(const Key& key, const limit::WindowLimit& limit, Time now,
                                       std::int64_t cost, Time seen_at);

  // The key was deleted: neither its tokens nor its refusal count any more.
  void forget(const Key& key);

  // Whether there are any tokens, of whatever slot.
  bool has_tokens(const Key& key, const limit::WindowLimit& limit);

  // How many more than `cost` to charge, where `room` would be left. `waiting`: the cost of those
  // who wait for this very charge.
  std::int64_t extra(const Key& key, const limit::WindowLimit& limit, Time now, std::int64_t cost,
                     std::int64_t waiting, std::int64_t room);

  // What a charge left: `admission` is its answer, `used` what of it was asked for, `tokens` the
  // rest.
  void grant(const Key& key, const limit::WindowLimit& limit, Time now,
             const limit::Charge& admission, std::int64_t used, std::int64_t tokens);

 private:
  // Zeros are one that nothing is in.
  struct alignas(64) Cell {
    bool taken;
    Key key;
    limit::WindowLimit limit;
    Tokens tokens;
    Time until;                  // when the tokens may be handed out no more
    std::int64_t beyond;         // what others might still take, when it was last seen
    Time room_at;                // when that grows
    std::int64_t last_size;      // of the last charge
    std::int64_t handed;         // in slot tokens.slot
    std::int64_t handed_before;  // in the busy slot before
    Time refused_at;             // the last refusal: when it was heard,
    std::int64_t refused_cost;   // of which cost (0: none),
    limit::Charge refusal;       // and what was answered

    bool is_of(const Key& other_key, const limit::WindowLimit& other) const {
      return taken && key == other_key && limit == other;
    }
    bool is_over(Time now) const {
      return limit.geometry.slot_of(now) > tokens.slot || now > until;
    }
    // Whether a key that was charged `used` may have it: this one's tokens are never thrown away
    // while they are good, and a busy key is not forgotten for one that is seldom asked for.
    bool is_free(Time now, std::int64_t used) const {
      if (!taken || limit.geometry.slot_of(now) > tokens.slot + 1) return true;
      return (tokens.count == 0 || is_over(now)) && handed <= used;
    }
  };
  // Robust: the kernel tells the next who takes it that its holder has died. One for many cells,
  // since it has to be made, and memory is taken where it is touched.
  struct alignas(64) Lock {
    pthread_mutex_t mutex;
  };
  static constexpr std::size_t kMostLocks = 256;
  class Hold;
  // Takes a cell for a key, if it may have it.
  static bool claim(Cell& cell, const Key& key, const limit::WindowLimit& limit, Time now,
                    std::int64_t slot, std::int64_t used);

  LeaseTable(std::size_t cells, base::SharedMemory memory);

  static std::size_t locks_of(std::size_t cells) { return std::min(cells, kMostLocks); }
  static std::size_t bytes_of(std::size_t cells) {
    return locks_of(cells) * sizeof(Lock) + cells * sizeof(Cell);
  }
  static void make_locks(std::byte* memory, std::size_t cells);
  std::size_t place_of(const Key& key) const { return key.hash() % size_; }

  const std::size_t size_;
  const std::size_t locks_count_;
  const base::SharedMemory memory_;
  Lock* const locks_;  // the memory begins with them
  Cell* const cells_;
};

}  // namespace weir::store
