// What a request to DynamoDB asks for, read off the wire: for the proxy that stands in between.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <string>
#include <string_view>

namespace weir::test {

struct WireRequest {
  std::string operation;  // "UpdateItem"; empty if it is not a request to DynamoDB
  std::string table;
  std::string key;          // the item's partition key in base64; empty if it names no item
  bool gives_back = false;  // takes away from a count and begins no new slot
};

// `request` is a whole HTTP request as Weir's client writes it.
WireRequest read_wire_request(std::string_view request);

// The same write with a condition that always holds, as a store would send it that had forgotten
// its own. The signature no longer fits: for emulators that do not verify it.
std::string without_condition(std::string request);

}  // namespace weir::test
