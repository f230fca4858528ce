// SeenStates: what this process last saw of each key, and whose turn it is to write.
//
// A refusal that the last seen state proves costs no request. Where a request is needed, the
// charges of one process take turns so that they do not pay for writes that are bound to fail: one
// at a time opens, rolls or migrates a key, and no more charges are under way at once than there is
// room for; the others wait for what those see. This saves write units only. What keeps the limit
// is the condition of each write.
//
// Refusals of concurrency are believed for kBelieveFull only: places come back when requests
// finish, also on other nodes, and no state says when.
//
// Bounded: beyond `capacity` the least recently used keys are forgotten, which costs a round trip
// at their next charge. Keys with a turn under way are kept.
//
// With a LeaseTable, one charge of an exact window is under way for a key at a time, and takes what
// those who wait for it need, and more as the LeaseTable says. Admissions that were paid for are
// handed out first, and those that were not used in their slot given back with the next write. Of
// the nodes that lease a key one begins each slot; the others, whose own attempt came too late last
// time, charge it as if that had been done, and begin it if it was not.
//
// No I/O and no clock; only wait() blocks, for whoever has a thread to block.
//
// Thread safety: all members may be called from any thread. A Turn belongs to one thread.
//
//   SeenStates::Turn turn = seen.begin(request);
//   if (turn.must_wait()) ... begin() again after wait(key, turn.change(), ...)
//   if (!turn.plan().is_write()) ...
//   send write_of(turn.plan(), turn.seen(), ...)
//   turn.saw(state);
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/key.h"
#include "store/dynamodb/plan.h"
#include "store/dynamodb/stored_state.h"
#include "store/store.h"

namespace weir::store {

class SeenStates {
  struct Entry;
  struct Shard;

 public:
  static constexpr Duration kBelieveFull = std::chrono::milliseconds(100);

  // `leases` may be null: no leases. Must outlive this.
  explicit SeenStates(std::size_t capacity, LeaseTable* leases = nullptr);
  ~SeenStates();
  SeenStates(const SeenStates&) = delete;
  SeenStates& operator=(const SeenStates&) = delete;

  // The right to send one write, the knowledge that none is needed, or neither: another's outcome
  // is to be waited for. Ends when destroyed.
  class Turn {
   public:
    Turn(Turn&& other) noexcept;
    Turn& operator=(Turn&&) = delete;
    ~Turn();

    bool must_wait() const { return must_wait_; }
    // When it must wait: change(key) at that moment.
    std::uint64_t change() const { return change_; }
    const Plan& plan() const { return plan_; }
    const std::optional<StoredState>& seen() const { return seen_; }

    // What to send: the request, for as much as it is to charge.
    const ChargeRequest& request() const { return request_; }
    // The same plan without giving anything back, which must not be sent twice.
    Plan plan_to_repeat() const;

    // What the write's answer showed; nullopt: there is no item.
    void saw(const std::optional<StoredState>& state);
    // The write was certainly not applied: nothing was given back or used.
    void was_not_applied();
    // Nobody knows whether it was: what had been paid for before is still there.
    void stays_unknown();
    // It was applied, and this is what it came to. Answers what the request itself is answered.
    limit::Charge was_applied(const limit::Charge& admission);

   private:
    friend class SeenStates;
    Turn() = default;

    Shard* shard_ = nullptr;  // null: nothing is under way
    LeaseTable* leases_ = nullptr;
    ChargeRequest request_;
    bool is_alone_ = false;         // no other charge of the key may be under way
    LeaseTable::Tokens held_ = {};  // withdrawn for this request
    std::int64_t extra_ = 0;        // charged beyond what it needs
    bool is_guess_ = false;         // that another node has begun the slot
    Plan plan_;
    std::optional<StoredState> seen_;
    bool must_wait_ = false;
    std::uint64_t change_ = 0;
  };

  Turn begin(const ChargeRequest& request);

  // Moves on whenever a turn of the key ends, or something is seen of it.
  std::uint64_t change(const Key& key) const;
  // Blocks until change(key) is no longer `change`, for `patience` at most.
  void wait(const Key& key, std::uint64_t change, Duration patience) const;

  // The refusal that is proven by what was seen, if one is. Never waits for a turn.
  std::optional<limit::Charge> known_refusal(const ChargeRequest& request);

  // A state seen by other means than a turn (a give-back).
  void saw(const Key& key, const StoredState& state, Time now);

  // The key was deleted: nothing that was seen of it counts any more, on this node.
  void forget(const Key& key);

  std::size_t size() const;

 private:
  Shard& shard_for(const Key& key) const;
  // Of an exact window with leases; the shard is locked.
  Turn begin_leased(Shard& shard, Entry& entry, const ChargeRequest& request);

  LeaseTable* const leases_;
  const std::size_t capacity_per_shard_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace weir::store
