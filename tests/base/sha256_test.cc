#include "base/sha256.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

// FIPS 180-4, examples of one and two blocks.
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kTwoBlocks =
    "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1";

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256("abc"), parse_sha256(kAbc));
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            parse_sha256(kTwoBlocks));
}

TEST(Sha256, OnlySixtyFourHexadecimalDigitsAreOne) {
  const std::string good(kAbc);
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "0", "0x" + good.substr(2), "+1" + good.substr(2),
        " a" + good.substr(2), "zz" + good.substr(2)})
    EXPECT_FALSE(parse_sha256(bad).has_value()) << bad;
}

}  // namespace
}  // namespace weir
