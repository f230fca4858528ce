// KeyTuple: makes the stored key of a counter from what it counts.
//
//   key = HMAC-SHA-256(pepper, e1 || e2 || ...),  ei = length (4 bytes, little endian) || bytes
//
// The first elements are "weir.key.1", the namespace and the rule's id; then, for each part of the
// rule's key, a name and a number of values that the name fixes. Different lists give different
// messages, because a list can be read back from its message: no delimiter can be forged. The
// pepper keeps addresses and API keys out of the store and its keys unguessable. Limits and windows
// are no part of it: a changed limit finds the counters that are there.
//
// Thread safety: a plain value. Copying from one shared const value is safe; keep one per rule.
//
//   const KeyTuple rule(pepper, "shop", "per-client");
//   KeyTuple tuple = rule;
//   tuple.add("client_ip");
//   tuple.add(address_bytes);
//   Key key = tuple.key();
#pragma once

#include <string_view>

#include "base/hmac_sha256.h"
#include "base/key.h"

namespace weir::identity {

class KeyTuple {
 public:
  KeyTuple(std::string_view pepper, std::string_view name_space, std::string_view rule);

  void add(std::string_view element);

  // Once only; the value is of no use afterwards.
  Key key();

 private:
  HmacSha256 mac_;
};

}  // namespace weir::identity
