#include "store/dynamodb/seen_states.h"

#include <algorithm>
#include <utility>

namespace weir::store {
namespace {

constexpr std::size_t kShards = 64;
// How far from the least recently used end a key without a turn is looked for.
constexpr int kMaxEvictionLooks = 8;
// Below every version.
constexpr std::int64_t kNothingAssumed = INT64_MIN;

}  // namespace

struct SeenStates::Entry {
  std::optional<StoredState> state;
  std::int64_t pending = 0;       // cost of the charges under way
  bool exclusive = false;         // an open, roll or migrate is under way
  int turns = 0;                  // of any kind, and waiters
  std::list<Key>::iterator used;  // place in the shard's order of use

  // The newest version wins: answers may arrive in another order than their writes were made.
  // `assumed` is the version that this turn had seen before: an older one than that, or no item any
  // more, can only mean that the item has begun again from nothing (the table was made anew).
  void take(const std::optional<StoredState>& seen, std::int64_t assumed) {
    const bool began_again = seen ? seen->version < assumed : assumed != kNothingAssumed;
    if (!state || began_again || (seen && seen->version >= state->version)) state = seen;
  }
};

struct SeenStates::Shard {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<Key, Entry, KeyHash> entries;
  std::list<Key> order;  // most recently used first

  Entry& touch(const Key& key, std::size_t capacity) {
    const auto found = entries.find(key);
    if (found != entries.end()) {
      order.splice(order.begin(), order, found->second.used);
      return found->second;
    }
    if (entries.size() >= capacity) evict_one();
    order.push_front(key);
    Entry& entry = entries[key];
    entry.used = order.begin();
    return entry;
  }

  void evict_one() {
    auto candidate = order.end();
    for (int look = 0; look < kMaxEvictionLooks && candidate != order.begin(); ++look) {
      --candidate;
      const auto found = entries.find(*candidate);
      if (found->second.turns > 0) continue;
      entries.erase(found);
      order.erase(candidate);
      return;
    }
  }
};

SeenStates::SeenStates(std::size_t capacity)
    : capacity_per_shard_(std::max<std::size_t>(1, capacity / kShards)) {
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>());
}

SeenStates::~SeenStates() = default;

SeenStates::Shard& SeenStates::shard_for(const Key& key) const {
  return *shards_[(key.hash() >> 32) % kShards];
}

SeenStates::Turn SeenStates::begin(const ChargeRequest& request, const net::Deadline& deadline) {
  Shard& shard = shard_for(request.key);
  Turn turn;
  std::unique_lock lock(shard.mutex);
  Entry& entry = shard.touch(request.key, capacity_per_shard_);
  ++entry.turns;  // from here on the entry stays where it is
  bool is_last_look = false;
  for (;;) {
    turn.plan_ = plan_charge(entry.state, request);
    const Plan::Kind kind = turn.plan_.kind;
    if (kind == Plan::Kind::refuse) break;
    const bool fits =
        kind != Plan::Kind::charge ||
        entry.pending <= window_of(request).n - request.cost - entry.state->window.total;
    if (!entry.exclusive && fits) {
      turn.shard_ = &shard;
      turn.key_ = request.key;
      turn.cost_ = request.cost;
      turn.seen_ = entry.state;
      if (turn.plan_.is_exclusive()) {
        entry.exclusive = true;
      } else {
        entry.pending += request.cost;
      }
      return turn;
    }
    if (is_last_look) {
      turn.timed_out_ = true;
      break;
    }
    // A wait that ends with the deadline may have missed what came just before it: look once more.
    is_last_look = shard.changed.wait_for(lock, deadline.left()) == std::cv_status::timeout &&
                   deadline.has_passed();
  }
  --entry.turns;
  return turn;
}

std::optional<limit::Charge> SeenStates::known_refusal(const ChargeRequest& request) {
  Shard& shard = shard_for(request.key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(request.key);
  if (found == shard.entries.end() || !found->second.state) return std::nullopt;
  Plan plan = plan_charge(found->second.state, request);
  if (plan.kind != Plan::Kind::refuse) return std::nullopt;
  // A key under attack is in use, although nothing is sent for it.
  shard.order.splice(shard.order.begin(), shard.order, found->second.used);
  return plan.refusal;
}

SeenStates::Turn::Turn(Turn&& other) noexcept
    : shard_(std::exchange(other.shard_, nullptr)),
      key_(other.key_),
      cost_(other.cost_),
      plan_(std::move(other.plan_)),
      seen_(std::move(other.seen_)),
      timed_out_(other.timed_out_) {}

SeenStates::Turn::~Turn() {
  if (shard_ == nullptr) return;
  {
    const std::lock_guard lock(shard_->mutex);
    Entry& entry = shard_->entries.at(key_);
    if (plan_.is_exclusive()) {
      entry.exclusive = false;
    } else {
      entry.pending -= cost_;
    }
    --entry.turns;
  }
  shard_->changed.notify_all();
}

void SeenStates::Turn::saw(const std::optional<StoredState>& state) {
  if (shard_ == nullptr) return;
  const std::lock_guard lock(shard_->mutex);
  shard_->entries.at(key_).take(state, seen_ ? seen_->version : kNothingAssumed);
}

void SeenStates::saw(const Key& key, const StoredState& state) {
  Shard& shard = shard_for(key);
  {
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return;
    found->second.take(state, kNothingAssumed);
  }
  shard.changed.notify_all();
}

std::size_t SeenStates::size() const {
  std::size_t total = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    total += shard->entries.size();
  }
  return total;
}

}  // namespace weir::store
