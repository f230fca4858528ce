#include "base/address.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string canonical(std::string_view text) {
  const Result<Address> address = Address::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(Address, AMappedAddressIsItsIpv4Address) {
  EXPECT_EQ(*Address::parse("::ffff:203.0.113.7"), *Address::parse("203.0.113.7"));
  EXPECT_EQ(*Address::parse("::ffff:cb00:7107"), *Address::parse("203.0.113.7"));
}

TEST(Address, HasOneSpelling) {
  EXPECT_EQ(canonical("2001:DB8:0:0:0:0:0:7"), "2001:db8::7");
  EXPECT_EQ(canonical("2001:db8::1.2.3.4"), "2001:db8::102:304");
  EXPECT_EQ(canonical("127.0.0.1"), "127.0.0.1");
}

TEST(Address, RefusesEverythingElse) {
  for (const char* text :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4:80", "[::1]",
        "fe80::1%eth0", "::ffff:1.2.3.4.5", " 1.2.3.4", "1.2.3.4 ", "0x7f.0.0.1"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
  EXPECT_EQ(canonical(std::string(1000, '1')), "refused");
  EXPECT_EQ(canonical(std::string_view("1.2.3.4\0", 8)), "refused");
}

TEST(Address, IsCutToAPrefix) {
  EXPECT_EQ(Address::parse("2001:db8:1:2:3:4:5:6")->masked(64).to_string(), "2001:db8:1:2::");
  EXPECT_EQ(Address::parse("203.0.113.7")->masked(24).to_string(), "203.0.113.0");
  EXPECT_EQ(Address::parse("203.0.113.7")->masked(32).to_string(), "203.0.113.7");
  EXPECT_EQ(Address::parse("203.0.113.7")->masked(0).to_string(), "0.0.0.0");
  EXPECT_EQ(Address::parse("255.255.255.255")->masked(13).to_string(), "255.248.0.0");
  EXPECT_EQ(Address::parse("ffff::ffff:ffff:ffff:ffff")->masked(67).to_string(),
            "ffff::e000:0:0:0");
}

TEST(Address, IsMadeFromTheFourBytesOfIPv4) {
  EXPECT_EQ(Address::from_v4({203, 0, 113, 7}), *Address::parse("203.0.113.7"));
}

TEST(Address, KnowsLoopback) {
  EXPECT_TRUE(Address::parse("127.8.9.10")->is_loopback());
  EXPECT_TRUE(Address::parse("::1")->is_loopback());
  EXPECT_TRUE(Address::parse("::ffff:127.0.0.1")->is_loopback());
  EXPECT_FALSE(Address::parse("::2")->is_loopback());
  EXPECT_FALSE(Address::parse("128.0.0.1")->is_loopback());
}

TEST(Network, ContainsItsAddressesOnly) {
  const Network ten = *Network::parse("10.1.2.3/8");
  EXPECT_EQ(ten.to_string(), "10.0.0.0/8");
  EXPECT_TRUE(ten.contains(*Address::parse("10.255.0.1")));
  EXPECT_TRUE(ten.contains(*Address::parse("::ffff:10.0.0.1")));
  EXPECT_FALSE(ten.contains(*Address::parse("11.0.0.1")));
  EXPECT_FALSE(ten.contains(*Address::parse("a00::")));
  EXPECT_TRUE(Network::parse("::/0")->contains(*Address::parse("2001:db8::1")));
  EXPECT_TRUE(Network::parse("192.0.2.1")->contains(*Address::parse("192.0.2.1")));
}

TEST(Network, RefusesABadPrefix) {
  for (const char* text :
       {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "::/129", "/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(Network::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace weir
