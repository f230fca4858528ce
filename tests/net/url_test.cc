#include "net/url.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::net {
namespace {

Url good(std::string_view text) {
  Result<Url> url = Url::parse(text);
  EXPECT_TRUE(url) << text << ": " << (url ? "" : url.error().to_string());
  return url ? *url : Url{};
}

TEST(Url, IsTakenApart) {
  const Url url = good("https://API.Example.com:8443/v1/users?page=2");
  EXPECT_EQ(url.scheme, Scheme::https);
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/users?page=2");
  EXPECT_EQ(url.path(), "/v1/users");
  EXPECT_EQ(url.authority(), "api.example.com:8443");
  EXPECT_EQ(url.to_string(), "https://api.example.com:8443/v1/users?page=2");
}

TEST(Url, HasThePortOfItsSchemeUnlessItSaysAnother) {
  EXPECT_EQ(good("http://a.example").port, 80);
  EXPECT_EQ(good("https://a.example").port, 443);
  EXPECT_EQ(good("http://a.example:80/").authority(), "a.example");
  EXPECT_EQ(good("https://a.example:80/").authority(), "a.example:80");
}

TEST(Url, AlwaysHasATarget) {
  EXPECT_EQ(good("http://a.example").target, "/");
  EXPECT_EQ(good("http://a.example?q=1").target, "/?q=1");
}

TEST(Url, TakesAddressesAsHosts) {
  const Url v6 = good("http://[2001:DB8::1]:8000/x");
  EXPECT_EQ(v6.host, "2001:db8::1");
  EXPECT_EQ(v6.authority(), "[2001:db8::1]:8000");
  EXPECT_TRUE(v6.host_is_address());
  EXPECT_TRUE(good("http://127.0.0.1/").host_is_address());
  EXPECT_FALSE(good("http://localhost/").host_is_address());
}

TEST(Url, TakesPortsAtTheirLimitsAndNotBeyond) {
  EXPECT_EQ(good("http://a.example:1/").port, 1);
  EXPECT_EQ(good("http://a.example:65535/").port, 65535);
  EXPECT_FALSE(Url::parse("http://a.example:0/"));
  EXPECT_FALSE(Url::parse("http://a.example:65536/"));
}

TEST(Url, MayBeAsLongAsItsLimitAndNotLonger) {
  const std::string start = "http://a.example/";
  EXPECT_TRUE(Url::parse(start + std::string(kMaxUrlBytes - start.size(), 'x')));
  const Result<Url> longer = Url::parse(start + std::string(kMaxUrlBytes - start.size() + 1, 'x'));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::limit_exceeded);
}

TEST(Url, RefusesWhatIsNotOneAndSaysHowToMendIt) {
  for (const char* text : {"",
                           "example.com",
                           "example.com/path",
                           "ftp://a.example/",
                           "http://",
                           "http:///path",
                           "http://a b/",
                           "http://a.example/\x01",
                           "http://a.example/\xc3\xa9",
                           "http://a..example/",
                           "http://.a/",
                           "http://a.example:/",
                           "http://a.example:8x/",
                           "http://a.example:-1/",
                           "http://[::1",
                           "http://[::1]8000/",
                           "http://[127.0.0.1]/",
                           "http://[fe80::1%25eth0]/",
                           "http://::1/",
                           "http://1.2.3/",
                           "http://0x7f.1/",
                           "http://1.2.3.256/",
                           "http://0x7f000001/",
                           "http://a.example/%zz",
                           "http://a.example/%1",
                           "http://a.example/#top",
                           "//a.example/",
                           "http://a\\b/",
                           "http://./"}) {
    const Result<Url> url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::invalid_input) << text;
    EXPECT_FALSE(url.error().cure.empty()) << text;
    EXPECT_EQ(url.error().to_string().find('\n'), std::string::npos) << text;
  }
}

TEST(Url, NeverRepeatsAPasswordInItsError) {
  for (const char* text : {"http://user:hunter2@a.example/", "user:hunter2@a.example",
                           "ftp://user:hunter2@a.example/"}) {
    const Result<Url> url = Url::parse(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().to_string().find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::net
