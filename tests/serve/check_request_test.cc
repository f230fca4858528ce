#include "serve/check_request.h"

#include <gtest/gtest.h>

#include "serve/bounds.h"

namespace weir::serve {
namespace {

TEST(CheckRequestsTest, ReadsEveryMember) {
  Result<CheckRequests> parsed = CheckRequests::parse(
      R"({"client_ip": "192.0.2.1", "method": "POST", "route": "/x", "user": "alice", "key_known": false, "cost": 7,
          "cost_is_estimate": true, "request_id": "r1", "explain": true, "headers": {"A": "1", "B": ["2", "3"]}})",
      "127.0.0.1");
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  const CheckRequests requests = *std::move(parsed);  // views bear the move
  ASSERT_EQ(requests.all().size(), 1U);
  EXPECT_FALSE(requests.is_batch());
  const CheckRequest& one = requests.all().front();
  EXPECT_TRUE(one.explain);
  EXPECT_EQ(one.request.peer, "192.0.2.1");
  EXPECT_EQ(one.request.method, "POST");
  EXPECT_EQ(one.request.route, "/x");
  EXPECT_EQ(one.request.user, "alice");
  EXPECT_EQ(one.request.key_standing, identity::KeyStanding::unknown);
  EXPECT_EQ(one.request.cost, 7);
  EXPECT_TRUE(one.request.cost_is_estimate);
  EXPECT_EQ(one.request.request_id, "r1");
  ASSERT_EQ(one.request.headers.size(), 3U);
  EXPECT_EQ(one.request.headers[2].name, "B");
  EXPECT_EQ(one.request.headers[2].value, "3");
}

TEST(CheckRequestsTest, TakesWhoAsksForTheClientUnlessToldOtherwise) {
  const Result<CheckRequests> parsed = CheckRequests::parse(
      R"({"requests": [{}, {"client_ip": "192.0.2.2", "user": null}]})", "192.0.2.1");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->is_batch());
  EXPECT_EQ(parsed->all()[0].request.peer, "192.0.2.1");
  EXPECT_EQ(parsed->all()[0].request.method, "GET");
  EXPECT_EQ(parsed->all()[0].request.key_standing, identity::KeyStanding::unchecked);
  EXPECT_EQ(parsed->all()[1].request.peer, "192.0.2.2");
  EXPECT_FALSE(parsed->all()[1].request.user);
}

TEST(CheckRequestsTest, BoundsABatchAndItsHeaders) {
  const auto batch = [](std::size_t size) {
    std::string body = R"({"requests": [{})";
    for (std::size_t i = 1; i < size; ++i) body += ",{}";
    return body + "]}";
  };
  EXPECT_TRUE(CheckRequests::parse(batch(kMaxBatch), ""));
  EXPECT_FALSE(CheckRequests::parse(batch(kMaxBatch + 1), ""));
  const auto headers = [](std::size_t size) {
    std::string body = R"({"headers": {"A": ["x")";
    for (std::size_t i = 1; i < size; ++i) body += R"(,"x")";
    return body + "]}}";
  };
  EXPECT_TRUE(CheckRequests::parse(headers(kMaxHeaderFields), ""));
  EXPECT_FALSE(CheckRequests::parse(headers(kMaxHeaderFields + 1), ""));
}

TEST(CheckRequestsTest, NamesThePlaceOfAMistake) {
  const Result<CheckRequests> parsed =
      CheckRequests::parse(R"({"requests": [{}, {"headers": {"A": {}}}]})", "");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message,
            "requests[1].headers.A is not a string or a list of them, 64 fields in all at most");
}

}  // namespace
}  // namespace weir::serve
