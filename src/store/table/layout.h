// Where the parts of a table lie in its bytes, and how large they are.
//
//   offset      bytes                       part
//   0           2048                        the file's header (shared/file.h)
//   2048        8                           how many keys there are, in all shards
//   2056        4                           the chunk at which to look for a free one
//   shards      shards * kShardBytes        one lock and what it guards each (shard.h)
//   journals    shards * kJournalBytes      only where a process may die (journal.h)
//   chunk_map   4 a chunk                   to whom the chunk belongs: shard + 1 (16 bits), and the
//                                           units of its records (16 bits); 0: to nobody
//   index       8 a place                   each shard's part of the index, one after the other
//   arena       kChunkBytes a chunk         records
//
// A key belongs to the shard that the lowest bits of its first 8 bytes name. A place of the index
// holds bytes 8 to 11 of the key (the fragment; high half of the word) and where its record is, in
// units of 32 bytes from one unit before the arena (low half; 0: the place is free). Two keys are
// the same if and only if their first 16 bytes are: 128 bits of an HMAC.
//
// A chunk holds records of one size for one shard. The records are the truth; index, free lists and
// numbers of keys only help to find them, and are made again from the records when a process dies
// in the middle of a change.
//
// Thread safety: plain value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "store/table/record.h"

namespace weir::store {

struct Layout {
  static constexpr std::size_t kHeaderBytes = 4096;
  static constexpr std::size_t kKeysAt = 2048;
  static constexpr std::size_t kFirstFreeChunkAt = 2056;
  static constexpr std::size_t kShardBytes = 1024;
  static constexpr std::size_t kJournalBytes = 64 + kMaxRecordUnits * kRecordUnit + 32;
  static constexpr std::size_t kChunkBytes = 8192;
  static constexpr std::size_t kUnitsPerChunk = kChunkBytes / kRecordUnit;
  static constexpr std::size_t kMaxKeys = std::size_t{1} << 25;
  static constexpr std::size_t kMaxShards = 256;
  static constexpr std::size_t kKeysPerShard = 4096;  // on average, before there are more shards

  // max_keys: 1 to kMaxKeys. bytes_per_key: what the arena has for each of them, besides a chunk
  // for each shard and common record size.
  static Layout of(std::size_t max_keys, std::size_t bytes_per_key, std::size_t spare_chunks,
                   bool journal);

  std::size_t max_keys = 0;
  std::size_t shards = 0;
  std::size_t keys_per_shard = 0;    // room for chance to give one shard more keys than another
  std::size_t places_per_shard = 0;  // of the index; always more than keys
  std::size_t chunks = 0;

  // From the beginning of the table; multiples of 64.
  std::size_t shards_at = 0;
  std::size_t journals_at = 0;
  std::size_t chunk_map_at = 0;
  std::size_t index_at = 0;
  std::size_t arena_at = 0;
  std::size_t bytes = 0;  // of the whole table
};

}  // namespace weir::store
