// What proxies say about whom they forward for: X-Forwarded-For, and Forwarded (RFC 7239).
//
// Both fields are lists that each proxy appends to, so their right end was written by the nearest
// proxy and their left end by whoever sent the first request, which may be an attacker. Everything
// here therefore reads from the right, one element at a time, and never looks at what is left of
// the element that was asked for: bytes of a stranger cannot change how the bytes of a proxy are
// read.
//
// Thread safety: plain values over the caller's memory.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "identity/request.h"

namespace weir::identity {

// The elements of one list field over all its field lines, which are joined in order (RFC 9110,
// section 5.3), from the last to the first. Empty elements are skipped.
class HopsFromTheRight {
 public:
  // quotes: commas inside quoted strings do not separate (Forwarded); X-Forwarded-For has none.
  HopsFromTheRight(std::span<const HeaderField> fields, std::string_view name, bool quotes);

  // The next element to the left, without surrounding white space; nullopt when there is none. An
  // Error past kMaxHops or kMaxHopLength.
  Result<std::optional<std::string_view>> next();

 private:
  std::span<const HeaderField> fields_;  // the lines that have not been begun
  std::string_view name_;
  bool quotes_;
  std::optional<std::string_view> line_;  // what is left of the line being read
  std::size_t hops_ = 0;
};

// The address in one element, without its port. nullopt: the proxy chose not to say ("unknown", an
// obfuscated "_name", or a Forwarded element without "for"). Errors never quote the element.
Result<std::optional<Address>> x_forwarded_for_address(std::string_view element);
Result<std::optional<Address>> forwarded_address(std::string_view element);

}  // namespace weir::identity
