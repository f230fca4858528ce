#include "sim/draws.h"

#include <gtest/gtest.h>

#include <array>

namespace weir::sim {
namespace {

TEST(Draws, DependOnTheSeedAndOnWhatTheyAreForOnly) {
  const Draws draws(7);
  EXPECT_EQ(draws.of(3).word(1), Draws(7).of(3).word(1));
  EXPECT_NE(draws.of(3).word(1), draws.of(3).word(2));
  EXPECT_NE(draws.of(3).word(1), draws.of(4).word(1));
  EXPECT_NE(draws.of(3).word(1), Draws(8).of(3).word(1));
}

TEST(Draws, AreSpreadEvenly) {
  std::array<int, 10> counts{};
  const Draws draws(1);
  for (std::uint64_t i = 0; i < 100'000; ++i)
    ++counts[static_cast<std::size_t>(draws.of(i).below(5, 10))];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Draws, StayWithinTheirBounds) {
  const Draws draws(1);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_GE(draws.between(i, -1, 1), -1);
    EXPECT_LE(draws.between(i, -1, 1), 1);
    EXPECT_EQ(draws.below(i, 1), 0);
    EXPECT_FALSE(draws.chance(i, 0));
    EXPECT_TRUE(draws.chance(i, 1000));
  }
}

}  // namespace
}  // namespace weir::sim
