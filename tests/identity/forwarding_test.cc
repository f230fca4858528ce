#include "identity/forwarding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::identity {
namespace {

std::vector<std::string> hops(std::vector<HeaderField> headers, bool quotes) {
  HopsFromTheRight reader(headers, "Forwarded", quotes);
  std::vector<std::string> found;
  for (;;) {
    const Result<std::optional<std::string_view>> hop = reader.next();
    if (!hop) {
      found.emplace_back("error");
      return found;
    }
    if (!*hop) return found;
    found.emplace_back(**hop);
  }
}

using Hops = std::vector<std::string>;

TEST(HopsFromTheRight, ReadsLinesAndElementsBackwards) {
  EXPECT_EQ(hops({{"Forwarded", "a, b"}, {"Other", "x"}, {"forwarded", "c ,d"}}, true),
            (Hops{"d", "c", "b", "a"}));
  EXPECT_EQ(hops({}, true), Hops{});
  EXPECT_EQ(hops({{"Forwarded", ""}}, true), Hops{});
  EXPECT_EQ(hops({{"Forwarded", ",,a,,"}}, true), Hops{"a"});
}

TEST(HopsFromTheRight, CommasInsideQuotesDoNotSeparate) {
  EXPECT_EQ(hops({{"Forwarded", R"(a="1,2",b="\",3")"}}, true),
            (Hops{R"(b="\",3")", R"(a="1,2")"}));
  EXPECT_EQ(hops({{"Forwarded", R"(a="1\\",b)"}}, true), (Hops{"b", R"(a="1\\")"}));
  EXPECT_EQ(hops({{"Forwarded", R"("1,2")"}}, false), (Hops{"2\"", "\"1"}));
}

TEST(HopsFromTheRight, AnElementHasAtMost512BytesAlsoBehindOthers) {
  for (const bool quotes : {true, false}) {
    const std::string longest(512, 'x');
    EXPECT_EQ(hops({{"Forwarded", longest}}, quotes), Hops{longest});
    EXPECT_EQ(hops({{"Forwarded", longest + "x"}}, quotes), Hops{"error"});
    EXPECT_EQ(hops({{"Forwarded", "a," + longest}}, quotes), (Hops{longest, "a"}));
    EXPECT_EQ(hops({{"Forwarded", "a," + longest + "x"}}, quotes), Hops{"error"});
  }
}

TEST(ForwardedAddress, ReadsTheGrammarOfRfc7239) {
  const auto address = [](std::string_view element) -> std::string {
    const Result<std::optional<Address>> found = forwarded_address(element);
    if (!found) return "malformed";
    return *found ? (*found)->to_string() : "hidden";
  };
  EXPECT_EQ(address("for=192.0.2.43"), "192.0.2.43");
  EXPECT_EQ(address("FOR=\"192.0.2.43:47011\""), "192.0.2.43");
  EXPECT_EQ(address("proto=http;for=\"[2001:db8:cafe::17]:_port\" ; by=x"), "2001:db8:cafe::17");
  EXPECT_EQ(address("for=\"1\\92.0.2.43\""), "192.0.2.43");
  EXPECT_EQ(address("for=unknown"), "hidden");
  EXPECT_EQ(address("for=\"_gazonk\""), "hidden");
  EXPECT_EQ(address("proto=https"), "hidden");
  for (const char* bad :
       {"for", "=192.0.2.43", "for=", "for=\"192.0.2.43", "for=\"192.0.2.43\\",
        "for=\"192.0.2.43\"x", "for=[192.0.2.43]", "for=\"[2001:db8::1\"", "for=\"[2001:db8::1]x\"",
        "for=\"192.0.2.43:123456\"", "for=\"\"", "fo r=1.2.3.4", "for=1.2.3.4;for=1.2.3.4"}) {
    EXPECT_EQ(address(bad), "malformed") << bad;
  }
}

}  // namespace
}  // namespace weir::identity
