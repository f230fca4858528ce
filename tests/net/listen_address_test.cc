#include "net/listen_address.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::net {
namespace {

TEST(ListenAddressTest, ReadsAddressesWithPortsAndPathsOfSockets) {
  for (const char* text : {"127.0.0.1:8080", "0.0.0.0:0", "[::1]:65535", "unix:/run/weir.sock"}) {
    const Result<ListenAddress> parsed = ListenAddress::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
}

TEST(ListenAddressTest, SaysWhetherOnlyThisMachineReachesIt) {
  for (const char* text : {"127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "unix:/x"})
    EXPECT_TRUE(ListenAddress::parse(text)->is_local()) << text;
  for (const char* text : {"0.0.0.0:80", "[::]:80", "192.0.2.1:80"})
    EXPECT_FALSE(ListenAddress::parse(text)->is_local()) << text;
}

TEST(ListenAddressTest, RefusesNamesAndWhatIsMalformed) {
  for (const char* text :
       {"", ":", "8080", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1:8o", "::1:80", "[]:80", "[::1]", "unix:", "unix:run"}) {
    const Result<ListenAddress> parsed = ListenAddress::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input) << text;
    EXPECT_FALSE(parsed.error().cure.empty()) << text;
  }
}

TEST(ListenAddressTest, RefusesAPathThatNoSocketCanHave) {
  const std::string most(kMaxSocketPath - 1, 'x');
  EXPECT_TRUE(ListenAddress::parse("unix:/" + most));
  EXPECT_FALSE(ListenAddress::parse("unix:/" + most + "x"));
}

}  // namespace
}  // namespace weir::net
