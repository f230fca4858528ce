// What DynamoDB's answers hold: an item, and what the request consumed.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/dynamodb/stored_state.h"

namespace weir::store {

// What an answer to UpdateItem or GetItem holds.
struct ItemAnswer {
  std::optional<StoredState> state;  // nullopt: no item in it
  double consumed_units = 0;         // as AWS reports it; 0 if it does not
};

// `member` is where the item stands: "Attributes" after a write, "Item" after a failed condition or
// a read. Attributes that no item of Weir's has are left alone.
Result<ItemAnswer> parse_item_answer(const std::string& body, std::string_view member);

}  // namespace weir::store
