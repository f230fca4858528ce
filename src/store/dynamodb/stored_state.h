// StoredState: one key's state as it lies in the table.
//
// Every item has
// | attribute | type | content                                                                   |
// | k         | B    | the 32-byte key (partition key)                                           |
// | w         | N    | its shape: which algorithm, with which geometry (shape_of)                |
// | v         | N    | version: +1 with every write; a new life of the key starts at an instant  |
// |           |      | in nanoseconds above every version before, so no version is used twice    |
// | lw        | N    | the number of the last write (store/dynamodb/write_ids.h)                 |
// | exp       | N    | epoch second after which TTL may delete the item                          |
// and what its algorithm counts, d being the width of a slot and K their number
// (limit/exact_window.h), times in nanoseconds, ids and hashes 16 hexadecimal digits:
//
//   exact window   w is d * 64 + K. g newest slot that has been charged, t sum of the slots g-K ...
//                  g, s0 ... sK count of the slot at this place of the ring (absent: 0)
//   gcra           w is T * 64 + 61. a theoretical arrival time, mv moved (absent: never), r
//                  returned (absent: 0), as in limit/gcra.h
//   fixed window   w is 62. g start and e end of the newest window, t its count
//   concurrency    w is hold * 64 + 63. c number of places, m<id> the end of each hold
//   distinct       w is -(d * 64 + K). g newest slot, c number of values, m<hash> the slot of each
//                  one's last sight
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "limit/limit.h"
#include "store/dynamodb/conditional_update.h"

namespace weir::store {

struct StoredState {
  std::int64_t shape = 0;
  limit::State state;
  std::int64_t version = 0;
  std::int64_t last_write = 0;

  friend bool operator==(const StoredState&, const StoredState&) = default;
};

// w of an item that is counted under this limit.
std::int64_t shape_of(const limit::Limit& limit);

AttributeName ring_attribute(std::size_t place);
// The place in the ring of such an attribute, or nullopt if the name is none.
std::optional<std::size_t> ring_place(std::string_view name);
AttributeName member_attribute(std::uint64_t id);

// TTL may delete the item when nothing has been live in it since `end`, and a while more, so that
// it never deletes what a clock within the hard bound still counts.
std::int64_t expiry_seconds(Time end);

// The attributes of a state of this shape: all but k, v and lw.
Item item_of(std::int64_t shape, const limit::State& state);

// Whether an attribute of this name is part of a state. What else lies in an item is left alone.
bool is_of_state(std::string_view name);

tl::unexpected<Error> not_ours(std::string_view what);

// An item that is not one of Weir's is an Error.
Result<StoredState> read_state(const Item& item);

}  // namespace weir::store
