// LeaseTable: admissions that this node has paid for and not handed out yet.
//
// A node under load charges more than one admission at a time and hands the rest out by itself. A
// token is worth an admission only while the clock is in the slot in which it was charged (or
// earlier: a lagging clock charges the newest slot anyway), since it counts for the windows of that
// slot. So it is exactly an admission that was charged when it was paid for, and the promise is
// untouched; what a request's decision may be late by is allowed for as for any other
// (docs/limiter.md). Whatever is left at the end of the slot is given back with the node's next
// write to the key.
//
// How many: as many as were asked for in the last busy slot, or twice as many as the last time in
// this one, but at most 1/kShare of the room that is left, so that the last admissions are taken
// one by one and all of N is usable.
//
// One cell of a fixed table for each key, by its hash. Keys that meet in one cell do not lease at
// the same time. The table is plain memory without pointers, so that processes of one machine can
// share one: they are one node then.
//
// Thread safety: all members may be called from any thread. Each takes one lock, the cell's own,
// for some tens of nanoseconds; nothing allocates. A cell whose lock cannot be had is passed over,
// which costs a write.
//
//   if (auto charge = leases.take(key, limit, now, cost)) return *charge;  // admitted
//   leases.grant(key, limit, now, {.slot = slot, .tokens = charged - cost, ...});
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/key.h"
#include "limit/exact_window.h"
#include "weir/time.h"

namespace weir::store {

class LeaseTable {
 public:
  static constexpr std::size_t kCells = 4096;
  static constexpr std::int64_t kShare = 8;
  // Tokens are for what is asked for soon, also in slots of many minutes.
  static constexpr Duration kHorizon = std::chrono::seconds(1);

  explicit LeaseTable(std::size_t cells = kCells);

  // Hands out `cost` tokens, if there are as many. The answer is that of an admission: what remains
  // counts the tokens that are left.
  std::optional<limit::Charge> take(const Key& key, const limit::WindowLimit& limit, Time now,
                                    std::int64_t cost);

  // Tokens of one slot.
  struct Tokens {
    std::int64_t slot = 0;
    std::int64_t count = 0;
  };
  // Takes all tokens out: those that may still be handed out, or those whose slot is over. Nobody
  // else has them then.
  struct Withdrawn {
    Tokens current;
    Tokens over;
  };
  Withdrawn withdraw(const Key& key, const limit::WindowLimit& limit, Time now);
  // Puts tokens back that were withdrawn, if nothing else has been granted meanwhile.
  void put_back(const Key& key, const limit::WindowLimit& limit, const Tokens& tokens);
  // Puts an admission back that was not used, so that it is handed out again. False if its slot is
  // over, or not the one of the tokens here.
  bool take_back(const Key& key, const limit::WindowLimit& limit, Time now, const Tokens& unused);
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
  // 128 bytes, two cache lines of its own.
  struct alignas(64) Cell {
    std::atomic<bool> locked{false};
    bool taken = false;
    Key key;
    limit::WindowLimit limit;
    Tokens tokens;
    std::int64_t beyond = 0;         // what others might still take, when it was last seen
    Time room_at = Time::max();      // when that grows
    std::int64_t last_size = 0;      // of the last charge
    std::int64_t handed = 0;         // in slot tokens.slot
    std::int64_t handed_before = 0;  // in the busy slot before

    bool is_of(const Key& other_key, const limit::WindowLimit& other) const {
      return taken && key == other_key && limit == other;
    }
    bool is_over(Time now) const { return limit.geometry.slot_of(now) > tokens.slot; }
    // Whether a key that was charged `used` may have it: this one's tokens are never thrown away
    // while they are good, and a busy key is not forgotten for one that is seldom asked for.
    bool is_free(Time now, std::int64_t used) const {
      if (!taken || limit.geometry.slot_of(now) > tokens.slot + 1) return true;
      return (tokens.count == 0 || is_over(now)) && handed <= used;
    }
  };
  class Hold;

  Cell& cell_of(const Key& key) { return cells_[key.hash() % size_]; }

  const std::size_t size_;
  std::unique_ptr<Cell[]> cells_;
};

}  // namespace weir::store
