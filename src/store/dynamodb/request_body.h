// The bodies of the requests that the store sends, as JSON.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/key.h"
#include "store/dynamodb/conditional_update.h"

namespace weir::store {

// The UpdateItem that does it. Its answer brings the item: the new one, or after a failed condition
// the old one.
std::string update_body(const ConditionalUpdate& update, std::string_view table);

// A consistent GetItem of the whole item.
std::string read_body(const Key& key, std::string_view table);

// A DeleteItem whose answer brings what was deleted, if there was anything.
std::string delete_body(const Key& key, std::string_view table);

// An UpdateItem whose condition can never hold: answers whether table, key type, credentials and
// clock are right, at the price of one write unit, and changes nothing.
std::string check_body(std::string_view table);

}  // namespace weir::store
