#include "serve/auth_query.h"

#include <gtest/gtest.h>

namespace weir::serve {
namespace {

TEST(AuthQueryTest, ReadsWhatAProxyStates) {
  const Result<AuthQuery> query = AuthQuery::parse(
      "?route=/quotes/{pair}&method=POST&client_ip=2001%3adb8::1&user=a%26b+c&cost=3&refusal=403");
  ASSERT_TRUE(query) << query.error().to_string();
  EXPECT_EQ(query->route, "/quotes/{pair}");
  EXPECT_EQ(query->method, "POST");
  EXPECT_EQ(query->client_ip, "2001:db8::1");
  EXPECT_EQ(query->user, "a&b+c");
  EXPECT_EQ(query->cost, 3);
  EXPECT_EQ(query->refusal_status, 403);
}

TEST(AuthQueryTest, StatesNothingByItself) {
  for (const char* text : {"", "?"}) {
    const Result<AuthQuery> query = AuthQuery::parse(text);
    ASSERT_TRUE(query);
    EXPECT_EQ(query->route, "");
    EXPECT_FALSE(query->method || query->client_ip || query->user || query->refusal_status);
    EXPECT_EQ(query->cost, 1);
  }
}

TEST(AuthQueryTest, TakesAnEmptyUserForNobody) {
  EXPECT_FALSE(AuthQuery::parse("?user=")->user);
}

TEST(AuthQueryTest, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"?rout=/x", "?route=/x&route=/y", "?route=/x&%72oute=/y", "?cost=0", "?cost=1e3",
        "?cost=", "?cost=1000000000000001", "?refusal=200", "?refusal=", "?route=%zz", "?route=%4",
        "?route=%", "?&route=/x", "?=x"}) {
    const Result<AuthQuery> query = AuthQuery::parse(text);
    ASSERT_FALSE(query) << text;
    EXPECT_EQ(query.error().code, ErrorCode::invalid_input) << text;
  }
}

}  // namespace
}  // namespace weir::serve
