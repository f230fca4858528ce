// Shard: the part of a table that one lock guards. A view of the table's bytes; see layout.h.
//
//   offset  bytes  field
//   0       64     the lock, as the store has it
//   64      4      keys: how many records are in use (relaxed: others may read it without the lock)
//   68      4      hand: the index place at which the search for a dead record goes on
//   72      8      nothing_dead_before: no record of this shard is dead before this instant
//   80      8      no_chunk_before: no chunk of this shard can be had before this instant
//   88      4 * (kMaxRecordUnits + 1)
//                  for each size the first free record (as the index writes it; 0: none); the first
//                  bytes of a free record hold the next
//
// Thread safety: every member but prefetch() and keys() wants the shard's lock held. What others
// may touch without it is atomic, and said to be.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "store/table/layout.h"
#include "store/table/record.h"

namespace weir::store {

// A place in the index. All zero: the place is free.
struct Place {
  std::uint64_t word = 0;

  static Place of(std::uint32_t fragment, std::uint32_t unit) {
    return {std::uint64_t{fragment} << 32 | unit};
  }
  bool is_free() const { return word == 0; }
  std::uint32_t fragment() const { return static_cast<std::uint32_t>(word >> 32); }
  std::uint32_t unit() const { return static_cast<std::uint32_t>(word); }
};

class Shard {
 public:
  Shard(std::byte* table, const Layout& layout, std::size_t number)
      : table_(table),
        layout_(&layout),
        number_(number),
        places_(reinterpret_cast<Place*>(table + layout.index_at) +
                number * layout.places_per_shard) {}

  static std::size_t number_of(const KeyTag& tag, const Layout& layout) {
    std::uint64_t word = 0;
    std::memcpy(&word, tag.data(), sizeof(word));
    return word & (layout.shards - 1);
  }

  std::size_t number() const { return number_; }
  std::byte* lock() const { return table_ + layout_->shards_at + number_ * Layout::kShardBytes; }
  std::byte* journal() const {
    return table_ + layout_->journals_at + number_ * Layout::kJournalBytes;
  }

  // To take a lock waits for what was read before it; this is not waited for.
  void prefetch(const Key& key) const { __builtin_prefetch(places_ + home_of(fragment_of(key))); }

  Place* find(const Key& key) const;
  Record record_at(Place place) const { return Record(unit_at(place.unit())); }

  // Also without the lock, as of some moment.
  std::size_t keys() const { return key_counter().load(std::memory_order_relaxed); }
  bool is_full() const { return keys() >= layout_->keys_per_shard; }

  // A free record of this size, or nullopt if there is no chunk for it. Nobody's until it is
  // written and inserted, or given back.
  std::optional<std::uint32_t> take(std::size_t units);
  void give(std::uint32_t unit, std::size_t units);
  Record record_at_unit(std::uint32_t unit) const { return Record(unit_at(unit)); }
  std::size_t units_of(std::uint32_t unit) const {
    return chunk_entry((unit - 1) / Layout::kUnitsPerChunk).units();
  }
  // Whether this is one of the shard's records, and of this size.
  bool has_unit(std::uint32_t unit, std::size_t units) const;

  // Puts a record that was written into the index.
  void insert(std::uint32_t unit);
  // Exchanges the record of a place for one that was written.
  void exchange(Place& place, std::uint32_t unit);
  // Removes a key and its record.
  void erase(Place& place);
  // Notes that a record may now be dead sooner than all others.
  void note_end_of_life(const Record& record);

  // Removes one key with nothing live at `now`. False if there is none.
  // By the caller's clock, as every decision. A clock that is ahead by the skew that a geometry
  // allows for is still right: what it calls dead was charged more than W ago in real time.
  bool forget_a_dead_key(Time now);
  // Gives back one chunk in which nothing is live, for others to take; answers how many keys it
  // forgot for that, or nullopt if there is no such chunk.
  std::optional<std::size_t> give_back_a_chunk(Time now);

  // Makes index, free lists and numbers again from the records. Idempotent, so that it may be
  // interrupted and repeated. Answers how many records made no sense and were removed.
  std::size_t rebuild();

  // Calls f(Record, units) for each record in use, whatever its bytes are.
  template <class F>
  void for_each(F f) const;
  // Removes the keys for which f(Record) is true; answers how many.
  template <class F>
  std::size_t erase_if(F f);

  // For a look at a table that may be damaged.
  bool has_in_index(const Record& record) const;
  bool free_lists_are_whole() const;
  std::size_t places_taken() const;
  std::size_t chunks() const;  // that belong to it

 private:
  struct Fields {
    std::uint32_t keys;
    std::uint32_t hand;
    std::int64_t nothing_dead_before;
    std::int64_t no_chunk_before;
    std::array<std::uint32_t, kMaxRecordUnits + 1> first_free;
  };
  static_assert(64 + sizeof(Fields) <= Layout::kShardBytes);
  // An entry of the chunk map.
  struct Chunk {
    std::uint32_t word;
    bool is_of(std::size_t shard) const { return word >> 16 == shard + 1; }
    std::size_t units() const { return word & 0xFFFF; }
  };

  std::atomic_ref<std::uint32_t> key_counter() const { return std::atomic_ref(fields()->keys); }
  void count_keys(std::uint32_t keys) const {
    key_counter().store(keys, std::memory_order_relaxed);
  }
  Fields* fields() const { return reinterpret_cast<Fields*>(lock() + 64); }
  // Other shards take and give back chunks at the same time. Acquire and release: who takes a chunk
  // sees it as empty as who gave it back left it.
  std::atomic_ref<std::uint32_t> chunk(std::size_t index) const {
    return std::atomic_ref(reinterpret_cast<std::uint32_t*>(table_ + layout_->chunk_map_at)[index]);
  }
  Chunk chunk_entry(std::size_t index) const {
    return {chunk(index).load(std::memory_order_acquire)};
  }
  std::byte* unit_at(std::uint32_t unit) const {
    return table_ + layout_->arena_at + (std::size_t{unit} - 1) * kRecordUnit;
  }
  std::uint32_t unit_of(const Record& record) const {
    return static_cast<std::uint32_t>(
        static_cast<std::size_t>(record.bytes() - (table_ + layout_->arena_at)) / kRecordUnit + 1);
  }
  std::uint32_t first_unit_of(std::size_t chunk_index) const {
    return static_cast<std::uint32_t>(chunk_index * Layout::kUnitsPerChunk + 1);
  }
  static std::uint32_t fragment_of(const Key& key) { return fragment_at(key.bytes.data()); }
  static std::uint32_t fragment_at(const std::byte* tag) {
    std::uint32_t fragment = 0;
    std::memcpy(&fragment, tag + 8, sizeof(fragment));
    return fragment;
  }
  std::size_t home_of(std::uint32_t fragment) const {
    return fragment * std::uint64_t{layout_->places_per_shard} >> 32;
  }
  std::size_t after(std::size_t place) const {
    return ++place == layout_->places_per_shard ? 0 : place;
  }
  bool take_chunk(std::size_t units);
  void put_into_index(std::uint32_t unit);
  void remove_from_index(std::size_t place);
  void push_free(std::uint32_t unit, std::size_t units);
  std::optional<std::size_t> empty_chunk(std::size_t index, Time now, Time& first_death);

  std::byte* table_;
  const Layout* layout_;
  std::size_t number_;
  Place* places_;
};

// Frees the chunks that belong to no shard that there is, as a damaged file may have. Nobody else
// may use the table.
void free_stray_chunks(std::byte* table, const Layout& layout);

// How many keys there are in all shards.
inline std::atomic_ref<std::uint64_t> table_keys(std::byte* table) {
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(table + Layout::kKeysAt));
}

inline Place* Shard::find(const Key& key) const {
  const std::uint32_t fragment = fragment_of(key);
  // Ends at a free place: there are more places than keys.
  for (std::size_t at = home_of(fragment); !places_[at].is_free(); at = after(at)) {
    if (places_[at].fragment() != fragment) continue;
    const Record record = record_at(places_[at]);
    __builtin_prefetch(record.bytes() + 64);
    if (record.has_tag_of(key)) [[likely]] {
      return &places_[at];
    }
  }
  return nullptr;
}

template <class F>
void Shard::for_each(F f) const {
  for (std::size_t index = 0; index < layout_->chunks; ++index) {
    const Chunk entry = chunk_entry(index);
    if (!entry.is_of(number_) || entry.units() < 1 || entry.units() > kMaxRecordUnits) continue;
    const std::uint32_t first = first_unit_of(index);
    for (std::size_t at = 0; at + entry.units() <= Layout::kUnitsPerChunk; at += entry.units()) {
      const Record record(unit_at(static_cast<std::uint32_t>(first + at)));
      if (!record.is_free()) f(record, entry.units());
    }
  }
}

template <class F>
std::size_t Shard::erase_if(F f) {
  std::size_t erased = 0;
  for (std::size_t at = 0; at < layout_->places_per_shard; ++at) {
    // What follows moves up, and is looked at as well.
    while (!places_[at].is_free() && f(record_at(places_[at]))) {
      erase(places_[at]);
      ++erased;
    }
  }
  return erased;
}

}  // namespace weir::store
