// MemoryStore: counters in this process's memory, for any number of threads.
//
// Promise: what limit/exact_window.h promises, over all threads that use one MemoryStore; nothing
// over processes, and nothing after the process ends. Memory is bounded: at most `max_keys` keys.
// A new key beyond them takes the place of one with nothing live; if there is none it is answered
// with Error{limit_exceeded}, and no live counter is ever forgotten, since to forget is to admit.
//
// Layout: keys are spread over shards. A shard is a spin lock, a part of an open-addressed index
// (8 bytes a place: 32 bits of the key and where its record is), and a part of the pools that the
// records lie in, densely, one pool for each record size. Two keys are the same if and only if
// their first 20 bytes are: 160 bits of an HMAC. All of it is reserved address space that takes
// memory as it is touched. A pool keeps its memory, so the bound is `max_keys` records for each
// record size that the policies of this process's life have used; see record.h for sizes.
//
// Thread safety: every member may be called from any thread at once. A decision takes one shard's
// lock for its few dozen nanoseconds, never two shards', and allocates nothing. All that a shard
// holds is read and written under its lock only, whose acquire and release order it; the atomics
// outside are the number of keys (relaxed: a counter, nothing is published through it) and the
// pools' addresses (release when mapped, acquire when used).
//
//   auto store = MemoryStore::create({.max_keys = 100'000});
//   if (!store) return tl::unexpected(store.error());
//   auto outcome = (*store)->charge({.key = key, .limit = limit, .now = clock.now()});
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "store/memory/record.h"
#include "store/memory/reserved_memory.h"
#include "store/memory/spin_lock.h"
#include "store/store.h"

namespace weir::store {

struct MemoryStoreOptions {
  std::size_t max_keys = 1'048'576;  // 1 to MemoryStore::kMaxKeys
};

class MemoryStore final : public Store {
 public:
  static constexpr std::size_t kMaxKeys = std::size_t{1} << 25;

  static Result<std::unique_ptr<MemoryStore>> create(const MemoryStoreOptions& options);

  Result<ChargeOutcome> charge(const ChargeRequest& request) override;
  std::optional<ChargeOutcome> known_refusal(const ChargeRequest& request) override;
  Status give_back(const ChargeRequest& request, std::int64_t slot) override;
  std::string_view name() const override { return "memory"; }

  // How many keys are kept now, live or not.
  std::size_t keys() const { return keys_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kMaxShards = 256;
  static constexpr std::size_t kKeysPerShard = 4096;  // on average, before there are more shards
  static constexpr std::size_t kPools = (kMaxRecord - kRecordHeader) / kRecordUnit + 1;

  // A place in the index: the key's fragment, the pool of its record (1 or more) and the record's
  // number in that pool. All zero: the place is free.
  struct Place {
    std::uint64_t word = 0;

    static Place of(std::uint32_t fragment, std::size_t pool, std::size_t number) {
      return {std::uint64_t{fragment} << 32 | pool << 26 | number};
    }
    bool is_free() const { return word == 0; }
    std::uint32_t fragment() const { return static_cast<std::uint32_t>(word >> 32); }
    std::size_t pool() const { return word >> 26 & 63; }
    std::size_t number() const { return word & ((std::size_t{1} << 26) - 1); }
  };
  static_assert(kPools <= 64);

  // Records that a shard takes from a pool at once. Few, so that the records of few keys lie
  // densely however many shards they are spread over.
  static constexpr std::size_t kRecordsPerChunk = 64;

  // One shard's records within a pool.
  struct PoolPart {
    std::uint32_t next = 0;  // the next record of the present chunk that was never taken
    std::uint32_t end = 0;   // of that chunk
    // Number + 1 of a record given back; its first bytes hold the next. 0: there is none.
    std::uint32_t first_free = 0;
  };

  struct alignas(64) Shard {
    SpinLock lock;
    std::uint32_t keys = 0;
    std::uint32_t hand = 0;  // the index place at which the search for a dead record goes on
    Time nothing_dead_before = Time::min();  // no record of this shard is dead before it
    std::array<PoolPart, kPools> parts{};
  };

  explicit MemoryStore(std::size_t max_keys);

  Shard& shard_of(const Key& key) { return shards_[key.hash() & (shards_.size() - 1)]; }
  static std::uint32_t fragment_of(const Key& key);
  std::size_t number_of(const Shard& shard) const {
    return static_cast<std::size_t>(&shard - shards_.data());
  }
  Place* places_of(const Shard& shard) const {
    return reinterpret_cast<Place*>(index_.data()) + number_of(shard) * places_per_shard_;
  }
  std::size_t home_of(std::uint32_t fragment) const {
    return fragment * std::uint64_t{places_per_shard_} >> 32;
  }
  std::size_t after(std::size_t place) const { return ++place == places_per_shard_ ? 0 : place; }
  Record record_at(Place place) const;
  // No shard ever has more than its records and one: a key that moves within a pool has two for a
  // moment. Its last chunk may be unfinished.
  std::size_t pool_capacity() const {
    return shards_.size() * (records_per_shard_ + 1 + kRecordsPerChunk);
  }

  // Want the shard's lock held.
  Place* find(const Shard& shard, const Key& key) const;
  Result<ChargeOutcome> charge_found(Shard& shard, Place& place, const ChargeRequest& request);
  Status reshape(Shard& shard, Place& place, const ChargeRequest& request, RecordShape shape);
  void insert(Shard& shard, std::uint32_t fragment, std::size_t pool, std::size_t number);
  void erase(Shard& shard, std::size_t place);
  bool forget_a_dead_key(Shard& shard, Time now);
  Result<std::size_t> take_record(Shard& shard, std::size_t pool);
  void return_record(Shard& shard, Place place);

  // Take the locks that they need themselves.
  Result<ChargeOutcome> charge_new(Shard& shard, const ChargeRequest& request);
  bool reserve_key(Time now);
  Status map_pool(std::size_t pool);

  const std::size_t max_keys_;
  std::size_t records_per_shard_ = 0;  // room for chance to give one shard more keys than another
  std::size_t places_per_shard_ = 0;
  std::vector<Shard> shards_;
  std::atomic<std::size_t> keys_{0};

  ReservedMemory index_;
  // Null until a record of that size is needed.
  std::array<std::atomic<std::byte*>, kPools> pools_{};
  std::array<std::atomic<std::size_t>, kPools> records_handed_out_{};  // by the chunk
  std::mutex mapping_;                                                 // guards pool_memory_
  std::array<ReservedMemory, kPools> pool_memory_;
};

}  // namespace weir::store
