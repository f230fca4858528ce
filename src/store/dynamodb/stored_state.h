// StoredState: one key's state as it lies in the table.
//
// | attribute | type | content                                                              |
// | k         | B    | the 32-byte key (partition key)                                      |
// | g         | N    | newest slot that has been charged                                    |
// | t         | N    | sum of the counts of the slots g-K ... g                             |
// | s0 ... sK | N    | count of the slot at this place of the ring; absent when zero        |
// | w         | N    | the geometry, limit::Geometry::packed()                              |
// | v         | N    | version: +1 with every write; a new life of the key starts at the    |
// |           |      | nanosecond at which its slot begins, so no version is ever used twice |
// | exp       | N    | epoch second after which TTL may delete the item                     |
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "limit/exact_window.h"
#include "store/dynamodb/conditional_update.h"

namespace weir::store {

struct StoredState {
  limit::WindowState window;
  limit::Geometry geometry;
  std::int64_t version = 0;

  friend bool operator==(const StoredState&, const StoredState&) = default;
};

// The place in the ring of the attribute s0 ... s60, or nullopt if it is none of them.
std::optional<std::size_t> ring_place(std::string_view name);

// Whether an attribute of this name is part of a state. What else lies in an item is left alone.
bool is_of_state(std::string_view name);

tl::unexpected<Error> not_ours(std::string_view what);

// An item that is not one of Weir's is an Error.
Result<StoredState> read_state(const Item& item);

}  // namespace weir::store
