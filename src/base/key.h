// Key: the 32 bytes under which a counter is stored.
//
// Made by identity/ as HMAC-SHA-256 over a length-prefixed tuple, so its bytes are uniform and
// secret-keyed: stores may use any of them as a hash without hashing again. Plain value.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir {

struct Key {
  std::array<std::byte, 32> bytes{};

  // Eight of the bytes as a number, for hash tables.
  std::uint64_t hash() const {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    return word;
  }

  friend auto operator<=>(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const { return key.hash(); }
};

}  // namespace weir
