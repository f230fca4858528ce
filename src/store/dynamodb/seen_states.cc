#include "store/dynamodb/seen_states.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace weir::store {
namespace {

constexpr std::size_t kShards = 64;
// How far from the least recently used end a key without a turn is looked for.
constexpr int kMaxEvictionLooks = 8;
// Below every version.
constexpr std::int64_t kNothingAssumed = INT64_MIN;

// How much room the request takes: distinct and concurrency count requests, whatever they cost.
std::int64_t units_of(const ChargeRequest& request) {
  const bool counts_requests = std::holds_alternative<limit::DistinctLimit>(request.limit) ||
                               std::holds_alternative<limit::ConcurrencyLimit>(request.limit);
  return counts_requests ? 1 : request.cost;
}

}  // namespace

struct SeenStates::Entry {
  std::optional<StoredState> state;
  Time seen_at = Time::min();     // by the clock of whoever saw it
  std::int64_t pending = 0;       // units of the charges under way
  bool exclusive = false;         // a charge that must be alone is under way
  std::int64_t waiting = 0;       // the cost of those that were told to wait for it
  LeaseTable::Tokens unused;      // to be given back with the next write
  bool follows = false;           // another node began the last slot first
  int turns = 0;                  // of any kind
  std::list<Key>::iterator used;  // place in the shard's order of use

  // Those of one slot, the newest.
  void will_give_back(const LeaseTable::Tokens& tokens) {
    if (tokens.slot == unused.slot) {
      unused.count += tokens.count;
    } else if (unused.count == 0 || tokens.slot > unused.slot) {
      unused = tokens;
    }
  }

  // The newest version wins: answers may arrive in another order than their writes were made.
  // `assumed` is the version that this turn had seen before: an older one than that, or no item any
  // more, can only mean that the item has begun again from nothing (the table was made anew).
  void take(const std::optional<StoredState>& seen, std::int64_t assumed, Time now) {
    const bool began_again = seen ? seen->version < assumed : assumed != kNothingAssumed;
    if (!state || began_again || (seen && seen->version >= state->version)) {
      state = seen;
      seen_at = now;
    }
  }

  // What to do for this request, as far as this node knows.
  Plan plan(const ChargeRequest& request) const {
    Plan plan = plan_charge(state, request);
    if (plan.kind == Plan::Kind::refuse && state &&
        std::holds_alternative<limit::ConcurrencyLimit>(request.limit) &&
        request.now - seen_at > kBelieveFull) {
      plan.kind = Plan::Kind::probe;
    }
    return plan;
  }
};

struct SeenStates::Shard {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::uint64_t change = 0;
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

SeenStates::SeenStates(std::size_t capacity, LeaseTable* leases)
    : leases_(leases), capacity_per_shard_(std::max<std::size_t>(1, capacity / kShards)) {
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>());
}

SeenStates::~SeenStates() = default;

SeenStates::Shard& SeenStates::shard_for(const Key& key) const {
  return *shards_[(key.hash() >> 32) % kShards];
}

SeenStates::Turn SeenStates::begin(const ChargeRequest& request) {
  Shard& shard = shard_for(request.key);
  Turn turn;
  const std::lock_guard lock(shard.mutex);
  Entry& entry = shard.touch(request.key, capacity_per_shard_);
  if (leases_ != nullptr && std::holds_alternative<limit::WindowLimit>(request.limit)) {
    return begin_leased(shard, entry, request);
  }
  turn.plan_ = entry.plan(request);
  if (!turn.plan_.is_write()) return turn;
  // A charge waits while those under way may take the room that it needs.
  if (entry.exclusive ||
      (!turn.plan_.is_exclusive() && entry.pending > turn.plan_.charge.remaining)) {
    turn.must_wait_ = true;
    turn.change_ = shard.change;
    return turn;
  }
  turn.shard_ = &shard;
  turn.request_ = request;
  turn.seen_ = entry.state;
  turn.is_alone_ = turn.plan_.is_exclusive();
  ++entry.turns;
  if (turn.is_alone_) {
    entry.exclusive = true;
  } else {
    entry.pending += units_of(request);
  }
  return turn;
}

SeenStates::Turn SeenStates::begin_leased(Shard& shard, Entry& entry,
                                          const ChargeRequest& request) {
  const limit::WindowLimit& limit = window_of(request);
  Turn turn;
  // Another process of this machine may lease between looking and withdrawing: then what this
  // request needs is there, and is to be taken.
  LeaseTable::Withdrawn withdrawn;
  for (int tries = 0; tries < 4; ++tries) {
    if (const auto admission = leases_->take(request.key, limit, request.now, request.cost)) {
      turn.plan_.kind = Plan::Kind::admit;
      turn.plan_.charge = *admission;
      return turn;
    }
    withdrawn = leases_->withdraw(request.key, limit, request.now);
    if (withdrawn.over.count > 0) entry.will_give_back(withdrawn.over);
    if (withdrawn.current.count < request.cost) break;
    leases_->put_back(request.key, limit, std::exchange(withdrawn.current, {}));
  }
  turn.request_ = request;
  turn.held_ = withdrawn.current;
  turn.request_.cost -= turn.held_.count;
  const auto make_plan = [&] {
    turn.plan_ = entry.state && entry.unused.count > 0
                     ? plan_charge(*entry.state, turn.request_, entry.unused)
                     : plan_charge(entry.state, turn.request_);
  };
  const auto put_back = [&] {
    if (turn.held_.count == 0) return;
    leases_->put_back(request.key, limit, turn.held_);
    turn.request_.cost += turn.held_.count;
    turn.held_ = {};
  };
  const bool has_own = entry.unused.count > 0 || turn.held_.count > 0;
  make_plan();
  if (turn.plan_.is_write() && !has_own) {
    // Another process of this machine may have asked already.
    if (const auto refusal =
            leases_->refusal(request.key, limit, request.now, request.cost, entry.seen_at)) {
      turn.plan_.kind = Plan::Kind::refuse;
      turn.plan_.charge = *refusal;
      return turn;
    }
  }
  if (!turn.plan_.is_write()) {
    if (!has_own) {
      leases_->refused(request.key, limit, request.now, entry.seen_at, request.cost,
                       turn.plan_.charge);
    }
    turn.plan_.charge.remaining += turn.held_.count;
    put_back();
    return turn;
  }
  if (entry.exclusive) {
    put_back();
    entry.waiting += request.cost;
    turn.must_wait_ = true;
    turn.change_ = shard.change;
    return turn;
  }
  if (turn.held_.count > 0 &&
      std::get<limit::OwnedWindow>(turn.plan_.after).window.newest != turn.held_.slot) {
    // Another node's clock is a slot ahead. One admission is never of two slots, so that it can be
    // given back.
    put_back();
    make_plan();
    if (!turn.plan_.is_write()) return turn;
  }
  turn.extra_ = leases_->extra(request.key, limit, request.now, request.cost,
                               std::exchange(entry.waiting, 0), turn.plan_.charge.remaining);
  if (turn.extra_ > 0) {
    turn.request_.cost += turn.extra_;
    make_plan();
  }
  if (turn.plan_.kind == Plan::Kind::roll && entry.follows) {
    turn.is_guess_ = true;
    turn.plan_.kind = Plan::Kind::charge;
  }
  turn.shard_ = &shard;
  turn.leases_ = leases_;
  turn.seen_ = entry.state;
  turn.is_alone_ = true;
  if (turn.plan_.returned.count > 0) entry.unused = {};
  ++entry.turns;
  entry.exclusive = true;
  return turn;
}

std::uint64_t SeenStates::change(const Key& key) const {
  const Shard& shard = shard_for(key);
  const std::lock_guard lock(shard.mutex);
  return shard.change;
}

void SeenStates::wait(const Key& key, std::uint64_t change, Duration patience) const {
  const Shard& shard = shard_for(key);
  std::unique_lock lock(shard.mutex);
  shard.changed.wait_for(lock, patience, [&] { return shard.change != change; });
}

std::optional<limit::Charge> SeenStates::known_refusal(const ChargeRequest& request) {
  Shard& shard = shard_for(request.key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(request.key);
  if (found == shard.entries.end() || !found->second.state) return std::nullopt;
  if (const auto* window = std::get_if<limit::WindowLimit>(&request.limit);
      leases_ != nullptr && window != nullptr &&
      (found->second.unused.count > 0 || leases_->has_tokens(request.key, *window))) {
    return std::nullopt;
  }
  const Plan plan = found->second.plan(request);
  if (plan.kind != Plan::Kind::refuse) return std::nullopt;
  // A key under attack is in use, although nothing is sent for it.
  shard.order.splice(shard.order.begin(), shard.order, found->second.used);
  return plan.charge;
}

SeenStates::Turn::Turn(Turn&& other) noexcept
    : shard_(std::exchange(other.shard_, nullptr)),
      leases_(other.leases_),
      request_(std::move(other.request_)),
      is_alone_(other.is_alone_),
      held_(other.held_),
      extra_(other.extra_),
      is_guess_(other.is_guess_),
      plan_(std::move(other.plan_)),
      seen_(std::move(other.seen_)),
      must_wait_(other.must_wait_),
      change_(other.change_) {}

SeenStates::Turn::~Turn() {
  if (shard_ == nullptr) return;
  {
    const std::lock_guard lock(shard_->mutex);
    Entry& entry = shard_->entries.at(request_.key);
    if (is_alone_) {
      entry.exclusive = false;
    } else {
      entry.pending -= units_of(request_);
    }
    --entry.turns;
    ++shard_->change;
  }
  shard_->changed.notify_all();
}

Plan SeenStates::Turn::plan_to_repeat() const {
  Plan plan = plan_;
  plan.returned = {};
  return plan;
}

void SeenStates::Turn::saw(const std::optional<StoredState>& state) {
  if (shard_ == nullptr) return;
  const std::lock_guard lock(shard_->mutex);
  shard_->entries.at(request_.key)
      .take(state, seen_ ? seen_->version : kNothingAssumed, request_.now);
}

void SeenStates::Turn::was_not_applied() {
  if (leases_ == nullptr) return;
  stays_unknown();
  const std::lock_guard lock(shard_->mutex);
  Entry& entry = shard_->entries.at(request_.key);
  if (plan_.returned.count > 0) entry.will_give_back(plan_.returned);
  if (is_guess_) entry.follows = false;
  if (plan_.kind == Plan::Kind::roll) {
    const auto* now = entry.state ? std::get_if<limit::OwnedWindow>(&entry.state->state) : nullptr;
    entry.follows = now != nullptr && now->geometry == window_of(request_).geometry &&
                    now->window.newest >= std::get<limit::OwnedWindow>(plan_.after).window.newest;
  }
}

void SeenStates::Turn::stays_unknown() {
  if (leases_ == nullptr || held_.count == 0) return;
  leases_->put_back(request_.key, window_of(request_), std::exchange(held_, {}));
}

limit::Charge SeenStates::Turn::was_applied(const limit::Charge& admission) {
  limit::Charge answer = admission;
  if (leases_ == nullptr) return answer;
  const std::int64_t used = request_.cost - extra_ + held_.count;
  leases_->grant(request_.key, window_of(request_), request_.now, admission, used, extra_);
  answer.remaining += extra_;
  return answer;
}

void SeenStates::forget(const Key& key) {
  if (leases_ != nullptr) leases_->forget(key);
  Shard& shard = shard_for(key);
  {
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return;
    found->second.state.reset();
    found->second.unused = {};
    ++shard.change;
  }
  shard.changed.notify_all();
}

void SeenStates::saw(const Key& key, const StoredState& state, Time now) {
  Shard& shard = shard_for(key);
  {
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return;
    found->second.take(state, kNothingAssumed, now);
    ++shard.change;
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
