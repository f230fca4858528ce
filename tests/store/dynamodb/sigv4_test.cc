#include "store/dynamodb/sigv4.h"

#include <gtest/gtest.h>

namespace weir::store {
namespace {

// Published values: AWS Signature Version 4 test suite,
// https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html
const Credentials kSuite{.access_key_id = "AKIDEXAMPLE",
                         .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                         .session_token = "",
                         .expires = std::nullopt,
                         .source = "test"};
constexpr std::string_view kDate = "20150830T123600Z";

struct Vector {
  const char* name;
  RequestToSign request;
  std::vector<net::Header> headers;
  const char* signed_headers;
  const char* signature;
};

TEST(SigV4, GivesTheSignaturesOfAwssOwnTestSuite) {
  const net::Header host{"host", "example.amazonaws.com"};
  const net::Header date{"x-amz-date", kDate};
  const std::vector<Vector> vectors = {
      {"get-vanilla",
       {.method = "GET"},
       {host, date},
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla",
       {.method = "POST"},
       {host, date},
       "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"get-vanilla-query-order-key-case",
       {.method = "GET", .query = "Param1=value1&Param2=value2"},
       {host, date},
       "host;x-amz-date",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"post-header-key-sort",
       {.method = "POST"},
       {host, {"my-header1", "value1"}, date},
       "host;my-header1;x-amz-date",
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-x-www-form-urlencoded",
       {.method = "POST", .body = "Param1=value1"},
       {{"content-type", "application/x-www-form-urlencoded"}, host, date},
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  const SigV4Signer signer("us-east-1", "service");
  for (Vector vector : vectors) {
    vector.request.headers = vector.headers;
    EXPECT_EQ(signer.sign(kSuite, kDate, vector.request),
              std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
                          "aws4_request, SignedHeaders=") +
                  vector.signed_headers + ", Signature=" + vector.signature)
        << vector.name;
  }
}

TEST(SigV4, DerivesAnotherKeyForAnotherDayAndAnotherSecret) {
  const SigV4Signer signer("us-east-1", "service");
  Credentials other = kSuite;
  other.secret_access_key = "another";
  const auto anew = [](const Credentials& credentials, std::string_view date) {
    return SigV4Signer("us-east-1", "service").sign(credentials, date, {});
  };
  // Each differs from the one before in the day or in the secret, not in both.
  constexpr std::string_view kNextDay = "20150831T123600Z";
  for (const auto& [credentials, date] :
       {std::pair(kSuite, kDate), std::pair(kSuite, kNextDay), std::pair(other, kNextDay),
        std::pair(other, kDate), std::pair(kSuite, kDate)}) {
    EXPECT_EQ(signer.sign(credentials, date, {}), anew(credentials, date));
  }
}

TEST(SigV4, WritesItsDateInUtc) {
  EXPECT_EQ(format_amz_date(Time(std::chrono::seconds(1'440'938'160))), "20150830T123600Z");
  EXPECT_EQ(format_amz_date(Time{}), "19700101T000000Z");
}

}  // namespace
}  // namespace weir::store
