#include "base/rng.h"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

TEST(Rng, IsTheSameForTheSameSeed) {
  Rng first(7);
  Rng second(7);
  Rng other(8);
  const std::uint64_t value = first();
  EXPECT_EQ(value, second());
  EXPECT_NE(value, other());
}

TEST(Rng, StaysBelowItsBoundAndReachesAllOfIt) {
  Rng rng(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) seen.at(rng.below(6)) += 1;
  for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
}

TEST(Entropy, TwoSeedsDiffer) {
  EXPECT_NE(base::entropy_seed(), base::entropy_seed());
}

}  // namespace
}  // namespace weir
