#include "store/table/layout.h"

#include <algorithm>
#include <bit>

namespace weir::store {

Layout Layout::of(std::size_t max_keys, std::size_t bytes_per_key, std::size_t spare_chunks,
                  bool journal) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const auto round_up = [](std::size_t size, std::size_t to) { return (size + to - 1) / to * to; };
  Layout layout;
  layout.max_keys = max_keys;
  layout.shards =
      std::min(kMaxShards, std::bit_floor(std::max(max_keys / kKeysPerShard, std::size_t{1})));
  // Uniform keys give a shard its share plus or minus the share's root: a quarter more and 64 is
  // never reached. Of the places of a full index about 7 in 10 are then taken.
  const std::size_t share = (max_keys + layout.shards - 1) / layout.shards;
  layout.keys_per_shard = layout.shards == 1 ? share : share + share / 4 + 64;
  layout.places_per_shard = round_up(layout.keys_per_shard + layout.keys_per_shard / 8 + 8, 8);
  layout.chunks =
      (max_keys * bytes_per_key + kChunkBytes - 1) / kChunkBytes + layout.shards * spare_chunks;

  layout.shards_at = kHeaderBytes;
  layout.journals_at = layout.shards_at + layout.shards * kShardBytes;
  layout.chunk_map_at =
      round_up(layout.journals_at + (journal ? layout.shards * kJournalBytes : 0), 64);
  // Huge pages begin at multiples of their size; a small part is not worth one.
  const auto align = [&](std::size_t at, std::size_t size) {
    return round_up(at, size >= kHugePage ? kHugePage : 4096);
  };
  const std::size_t index_bytes = layout.shards * layout.places_per_shard * sizeof(std::uint64_t);
  const std::size_t arena_bytes = layout.chunks * kChunkBytes;
  layout.index_at = align(layout.chunk_map_at + layout.chunks * sizeof(std::uint32_t), index_bytes);
  layout.arena_at = align(layout.index_at + index_bytes, arena_bytes);
  layout.bytes = layout.arena_at + arena_bytes;
  return layout;
}

}  // namespace weir::store
