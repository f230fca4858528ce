// Randomness as an argument. Deciding code takes an Rng; only base/entropy.cc draws from the
// operating system.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace weir {

// A small, fast, seedable generator (xoshiro256**, Blackman and Vigna 2018, with SplitMix64
// seeding). Not for secrets. Satisfies UniformRandomBitGenerator. Thread safety: one thread at a
// time.
class Rng {
 public:
  using result_type = std::uint64_t;

  explicit Rng(std::uint64_t seed);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();

  // Uniform in [0, bound); bound must not be 0.
  std::uint64_t below(std::uint64_t bound);

 private:
  std::array<std::uint64_t, 4> state_;
};

namespace base {

// Fills `bytes` from the operating system's generator. Ends the process if there is none: nothing
// safe can be done without it.
void fill_entropy(std::span<std::byte> bytes);
std::uint64_t entropy_seed();

}  // namespace base
}  // namespace weir
