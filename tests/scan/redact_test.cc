#include "scan/probe/redact.h"

#include <gtest/gtest.h>

namespace weir::scan {
namespace {

TEST(Redact, HidesTheValuesOfSecretParameters) {
  EXPECT_EQ(redact_target("/a?page=2&api_key=k1&token=t&q=x"),
            "/a?page=2&api_key=***&token=***&q=x");
  EXPECT_EQ(redact_target("/a"), "/a");
  EXPECT_EQ(redact_target("/a?"), "/a?");
  EXPECT_EQ(redact_target("/a?key="), "/a?key=***");
}

TEST(CurlLine, NamesSecretsByVariables) {
  Request request{.method = "POST", .target = "/a?api_key=queryk1"};
  request.add_header("Authorization", "Bearer headertok");
  request.add_header("Cookie", "sid=cookieval");
  request.body = R"({"email":"a@b.c","password":"bodypass"})";
  const std::string line = curl_line(request, request, "http://127.0.0.1:8000");
  for (const char* secret : {"queryk1", "headertok", "cookieval", "bodypass"}) {
    EXPECT_EQ(line.find(secret), std::string::npos) << line;
  }
  EXPECT_NE(line.find("$AUTHORIZATION"), std::string::npos) << line;
  EXPECT_NE(line.find("$PASSWORD"), std::string::npos) << line;
}

TEST(CurlLine, QuotesWhatAShellWouldTake) {
  Request request{.method = "GET", .target = "/a"};
  request.add_header("X-Odd", "it's $(reboot)\n`id`");
  const std::string line = curl_line(request, Request{}, "http://127.0.0.1");
  EXPECT_NE(line.find("'X-Odd: it'\\''s $(reboot)'$'\\x0a''`id`'"), std::string::npos) << line;
}

TEST(CurlLine, IsBounded) {
  Request request{.method = "GET", .target = "/a"};
  request.add_header("X-Long", std::string(100000, 'k'));
  EXPECT_LT(curl_line(request, Request{}, "http://127.0.0.1").size(), 5000U);
}

}  // namespace
}  // namespace weir::scan
