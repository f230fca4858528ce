// Item: one key's state as it lies in the table, and as it comes back in answers.
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
#include <string>
#include <string_view>

#include "base/result.h"
#include "limit/exact_window.h"

namespace weir::store {

struct StoredState {
  limit::WindowState window;
  limit::Geometry geometry;
  std::int64_t version = 0;

  friend bool operator==(const StoredState&, const StoredState&) = default;
};

// What an answer to UpdateItem or GetItem holds.
struct ItemAnswer {
  std::optional<StoredState> state;  // nullopt: no item in it
  double consumed_units = 0;         // as AWS reports it; 0 if it does not
};

// `member` is where the item stands: "Attributes" after a write, "Item" after a failed condition or
// a read. An item that is not one of Weir's is an Error.
Result<ItemAnswer> parse_item_answer(const std::string& body, std::string_view member);

}  // namespace weir::store
