#include "base/hmac_sha256.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

std::string hex(const std::array<std::byte, 32>& digest) {
  std::string text;
  for (const std::byte byte : digest) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

std::string mac(std::string_view key, std::string_view message) {
  HmacSha256 hmac(key);
  hmac.update(message);
  return hex(hmac.finish());
}

// RFC 4231, section 4: test cases 1, 2, 3 and 6.
TEST(HmacSha256, GivesThePublishedTestVectors) {
  EXPECT_EQ(mac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(mac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(mac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, ACopyGoesItsOwnWay) {
  HmacSha256 keyed("Jefe");
  keyed.update("what do ya want ");
  HmacSha256 copy = keyed;
  copy.update("for nothing?");
  EXPECT_EQ(hex(copy.finish()), mac("Jefe", "what do ya want for nothing?"));
  keyed.update("for free?");
  EXPECT_EQ(hex(keyed.finish()), mac("Jefe", "what do ya want for free?"));
}

TEST(HmacSha256, KeysAtAndPastOneBlockDiffer) {
  EXPECT_NE(mac(std::string(64, 'k'), "m"), mac(std::string(65, 'k'), "m"));
  EXPECT_EQ(mac("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace weir
