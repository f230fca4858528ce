// Draws: randomness that depends on a seed, on what is drawn for, and on nothing else.
//
// An ordinary generator gives every later event another number as soon as one event is left out, so
// a failing history could not be made shorter. Here each number is a hash of (seed, of what,
// which), so that leaving out a request, a fault or a node leaves all that happens to the others as
// it was.
//
// Thread safety: plain value.
#pragma once

#include <cstdint>

#include "weir/time.h"

namespace weir::sim {

class Draws {
  __extension__ typedef unsigned __int128 Wide;

 public:
  explicit constexpr Draws(std::uint64_t seed) : seed_(mix(seed)) {}

  // What is drawn for: a request, a message, a disturbance.
  constexpr Draws of(std::uint64_t what) const {
    Draws result(0);
    result.seed_ = mix(seed_ + what * 0xD1342543DE82EF95U);
    return result;
  }

  constexpr std::uint64_t word(std::uint64_t which) const {
    return mix(seed_ + which * 0x9E3779B97F4A7C15U);
  }
  // In [0, bound); bound above 0. Uniform to one part in 2^64 / bound.
  constexpr std::int64_t below(std::uint64_t which, std::int64_t bound) const {
    return static_cast<std::int64_t>((static_cast<Wide>(word(which)) * static_cast<Wide>(bound)) >>
                                     64);
  }
  constexpr std::int64_t between(std::uint64_t which, std::int64_t least, std::int64_t most) const {
    return least + below(which, most - least + 1);
  }
  constexpr bool chance(std::uint64_t which, std::int64_t per_mille) const {
    return below(which, 1000) < per_mille;
  }
  constexpr Duration within(std::uint64_t which, Duration least, Duration most) const {
    return Duration(between(which, least.count(), most.count()));
  }
  template <class T, std::size_t Size>
  constexpr T one_of(std::uint64_t which, const T (&values)[Size]) const {
    return values[static_cast<std::size_t>(below(which, static_cast<std::int64_t>(Size)))];
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z) {  // SplitMix64's finaliser
    z += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  std::uint64_t seed_;
};

}  // namespace weir::sim
