// TableStore: a Store over a table (layout.h), whoever else uses the same bytes.
//
// Promise: what the algorithms of limit/ promise, over all threads and processes that share the
// bytes and the kind of lock. Memory is bounded: at most `max_keys` keys. A new key beyond them
// takes the place of one with nothing live; if there is none it is answered with
// Error{limit_exceeded}, and no live counter is ever forgotten, since to forget is to admit.
//
// Locks is how one shard is kept to one thread at a time:
//
//   struct Locks {
//     // Whether a holder may die with the lock held, so that changes need a journal.
//     static constexpr bool kHolderMayDie;
//     // An object that holds the lock as long as it lives. As a bool, whether it does; if not,
//     // its why_not() is the Error.
//     auto hold(Shard&, Duration budget);  // waits for at most as long
//     auto try_to_hold(Shard&);            // does not wait for whoever holds it for long
//   };
//
// Thread safety: every member may be called from any thread at once. A decision takes one shard's
// lock for its few dozen nanoseconds, never two shards' at once, and allocates nothing if the key's
// record has the shape that its limit needs. All that a shard holds is read and written under its
// lock only; the number of keys outside is a relaxed counter, through which nothing is published.
#pragma once

#include <atomic>
#include <utility>

#include "store/store.h"
#include "store/table/journal.h"
#include "store/table/shard.h"

namespace weir::store {

template <class Locks>
class TableStore : public Store {
 public:
  Result<ChargeOutcome> charge(const ChargeRequest& request) final;
  std::optional<ChargeOutcome> known_refusal(const ChargeRequest& request) final;
  Status give_back(const ChargeRequest& request, std::int64_t slot) final;
  Result<bool> forget(const Key& key, Duration budget) final;

  // How many keys are kept now, live or not.
  std::size_t keys() const { return key_counter().load(std::memory_order_relaxed); }

 protected:
  TableStore(std::byte* table, const Layout& layout, Locks locks)
      : table_(table), layout_(layout), locks_(std::move(locks)) {}

  Shard shard(std::size_t number) const { return {table_, layout_, number}; }
  Shard shard_of(const Key& key) const { return shard(key.hash() & (layout_.shards - 1)); }
  std::atomic_ref<std::uint64_t> key_counter() const { return table_keys(table_); }
  const Layout& layout() const { return layout_; }
  Locks& locks() { return locks_; }
  // Removes the keys of a shard for which f(Record) is true; answers how many. Takes its lock.
  template <class F>
  Result<std::size_t> erase_if(Shard shard, Duration budget, F f);

 private:
  // Keeps what a record was for as long as it is being changed.
  class Change {
   public:
    Change(const Shard& shard, Place place) : journal_(shard) {
      if constexpr (Locks::kHolderMayDie) {
        journal_.begin(shard, place.unit(), shard.units_of(place.unit()));
      }
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    ~Change() {
      if constexpr (Locks::kHolderMayDie) journal_.end();
    }

   private:
    Journal journal_;
  };

  // Take the locks that they need themselves.
  Result<ChargeOutcome> charge_new(const Shard& shard, const ChargeRequest& request);
  Result<ChargeOutcome> charge_by_value(const Shard& shard, const ChargeRequest& request,
                                        bool is_counted);
  bool count_a_key(const ChargeRequest& request);
  bool find_a_chunk(const ChargeRequest& request);

  tl::unexpected<Error> full() const {
    return fail(ErrorCode::limit_exceeded,
                "the " + std::string(name()) + " store is full: each of its keys, " +
                    std::to_string(layout_.max_keys) +
                    " at most, has live counts, and to forget one would admit more than its limit",
                "raise max_keys, or look for a client that makes up identifiers");
  }

  std::byte* table_;
  Layout layout_;
  Locks locks_;
};

// ---------------------------------------------------------------------------------------------------------------------------

template <class Locks>
Result<ChargeOutcome> TableStore<Locks>::charge(const ChargeRequest& request) {
  if (!is_valid(request)) return tl::unexpected(validate(request).error());
  Shard shard = shard_of(request.key);
  shard.prefetch(request.key);
  bool is_known = false;
  {
    const auto held = locks_.hold(shard, request.budget);
    if (!held) return tl::unexpected(held.why_not());
    if (const Place* const place = shard.find(request.key)) {
      const Change change(shard, *place);
      if (const auto charge = shard.record_at(*place).charge(request)) {
        return ChargeOutcome{.charge = *charge};
      }
      is_known = true;
    }
  }
  return is_known ? charge_by_value(shard, request, false) : charge_new(shard, request);
}

template <class Locks>
std::optional<ChargeOutcome> TableStore<Locks>::known_refusal(const ChargeRequest& request) {
  if (!is_valid(request)) return std::nullopt;
  Shard shard = shard_of(request.key);
  const auto held = locks_.try_to_hold(shard);
  if (!held) return std::nullopt;
  const Place* const place = shard.find(request.key);
  if (place == nullptr) return std::nullopt;
  const limit::Charge charge = shard.record_at(*place).peek(request);
  if (charge.admitted) return std::nullopt;
  return ChargeOutcome{.charge = charge, .local = true};
}

template <class Locks>
Status TableStore<Locks>::give_back(const ChargeRequest& request, std::int64_t slot) {
  if (Status valid = validate(request); !valid) return valid;
  Shard shard = shard_of(request.key);
  const auto held = locks_.hold(shard, request.budget);
  if (!held) return tl::unexpected(held.why_not());
  Place* const place = shard.find(request.key);
  if (place == nullptr) return {};
  Record record = shard.record_at(*place);
  {
    const Change change(shard, *place);
    if (record.give_back(request, slot)) {
      shard.note_end_of_life(record);
      return {};
    }
  }
  limit::State state = record.state();
  limit::give_back(state, request.limit,
                   {.now = request.now, .cost = request.cost, .subject = request.subject}, slot);
  const auto sized_state = sized(std::move(state), request.limit);
  if (!sized_state) return {};
  // Without room for it the charge stays, which is safe.
  if (const auto unit = shard.take(sized_state->units)) {
    shard.record_at_unit(*unit).write(record.tag(), *sized_state);
    shard.exchange(*place, *unit);
  }
  return {};
}

template <class Locks>
Result<bool> TableStore<Locks>::forget(const Key& key, Duration budget) {
  const auto forgotten =
      erase_if(shard_of(key), budget, [&](const Record& record) { return record.has_tag_of(key); });
  if (!forgotten) return tl::unexpected(forgotten.error());
  return *forgotten > 0;
}

template <class Locks>
template <class F>
Result<std::size_t> TableStore<Locks>::erase_if(Shard shard, Duration budget, F f) {
  const auto held = locks_.hold(shard, budget);
  if (!held) return tl::unexpected(held.why_not());
  const std::size_t erased = shard.erase_if(f);
  key_counter().fetch_sub(erased, std::memory_order_relaxed);
  return erased;
}

template <class Locks>
Result<ChargeOutcome> TableStore<Locks>::charge_new(const Shard& shard,
                                                    const ChargeRequest& request) {
  limit::State unused;
  const limit::Charge charge =
      limit::charge(unused, request.limit,
                    {.now = request.now, .cost = request.cost, .subject = request.subject});
  if (!charge.admitted) return ChargeOutcome{.charge = charge};  // it never will be: no record
  if (!count_a_key(request)) return full();
  return charge_by_value(shard, request, true);
}

// For a key that has no record, or whose record has not the shape that the limit needs.
// `is_counted`: the key has been counted as one more.
template <class Locks>
Result<ChargeOutcome> TableStore<Locks>::charge_by_value(const Shard& of_key,
                                                         const ChargeRequest& request,
                                                         bool is_counted) {
  Shard shard = of_key;
  const auto not_one_more = [&] {
    if (std::exchange(is_counted, false)) key_counter().fetch_sub(1, std::memory_order_relaxed);
  };
  // Twice: after the first time there may be a chunk.
  for (bool is_last : {false, true}) {
    {
      const auto held = locks_.hold(shard, request.budget);
      if (!held) {
        not_one_more();
        return tl::unexpected(held.why_not());
      }
      Place* const place = shard.find(request.key);
      // Somebody else may have been faster, to make the record or to forget it.
      if (place != nullptr) {
        not_one_more();
      } else if (!is_counted) {
        is_counted = true;
        key_counter().fetch_add(1, std::memory_order_relaxed);
      }
      limit::State state = place != nullptr ? shard.record_at(*place).state() : limit::State();
      const limit::Charge charge =
          limit::charge(state, request.limit,
                        {.now = request.now, .cost = request.cost, .subject = request.subject});
      if (!charge.admitted) {
        not_one_more();
        return ChargeOutcome{.charge = charge};
      }
      const auto sized_state = sized(std::move(state), request.limit);
      if (!sized_state) {
        not_one_more();
        return fail(ErrorCode::invalid_input, "no record can hold a limit of such a geometry",
                    "use a window of at most 366 days");
      }
      if (place == nullptr && shard.is_full()) {
        // Only for keys that are not uniform: this shard is full before the store is.
        not_one_more();
        if (!shard.forget_a_dead_key(request.now)) return full();
        is_counted = true;
      }
      if (const auto unit = shard.take(sized_state->units)) {
        KeyTag tag{};
        std::memcpy(tag.data(), request.key.bytes.data(), sizeof(tag));
        shard.record_at_unit(*unit).write(tag, *sized_state);
        if (place != nullptr) {
          shard.exchange(*place, *unit);
        } else {
          shard.insert(*unit);
        }
        return ChargeOutcome{.charge = charge};
      }
    }
    if (is_last || !find_a_chunk(request)) break;
  }
  not_one_more();
  return full();
}

// Counts one key more, in the place of a dead one if need be. False if every key is live.
template <class Locks>
bool TableStore<Locks>::count_a_key(const ChargeRequest& request) {
  std::uint64_t keys = key_counter().load(std::memory_order_relaxed);
  while (keys < layout_.max_keys) {
    if (key_counter().compare_exchange_weak(keys, keys + 1, std::memory_order_relaxed)) return true;
  }
  for (std::size_t number = 0; number < layout_.shards; ++number) {
    Shard other = shard(number);
    const auto held = locks_.try_to_hold(other);
    if (held && other.forget_a_dead_key(request.now)) return true;
  }
  return false;
}

// Has some shard give back a chunk in which nothing is live. False if none has one.
template <class Locks>
bool TableStore<Locks>::find_a_chunk(const ChargeRequest& request) {
  for (std::size_t number = 0; number < layout_.shards; ++number) {
    Shard other = shard(number);
    const auto held = locks_.try_to_hold(other);
    if (!held) continue;
    const auto forgotten = other.give_back_a_chunk(request.now);
    if (!forgotten) continue;
    key_counter().fetch_sub(*forgotten, std::memory_order_relaxed);
    return true;
  }
  return false;
}

}  // namespace weir::store
