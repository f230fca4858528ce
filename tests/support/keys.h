// Keys as identity/ makes them: 32 uniform bytes.
#pragma once

#include <cstring>

#include "base/key.h"
#include "base/rng.h"

namespace weir::test {

inline Key random_key(Rng& rng) {
  Key key;
  for (std::size_t i = 0; i < key.bytes.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = rng();
    std::memcpy(key.bytes.data() + i, &word, sizeof(word));
  }
  return key;
}

}  // namespace weir::test
