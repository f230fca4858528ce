#include "tap/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::tap {
namespace {

using testing::ElementsAre;
using testing::Pair;

Message read(MessageReader::Side side, std::string_view wire) {
  MessageReader reader(side);
  EXPECT_TRUE(reader.feed(wire));
  EXPECT_TRUE(reader.is_done());
  return reader.take();
}

TEST(ErrorResponseTest, IsWordedAsDynamoDbWordsErrors) {
  const Message answer =
      read(MessageReader::Side::response, error_response(502, "CannotAsk", "no \"way\"\n"));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.field("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(answer.body,
            R"({"__type":"com.amazonaws.dynamodb.v20120810#CannotAsk","message":"no 'way''"})");
  // python3 -c 'import zlib; print(zlib.crc32(b"..."))'
  EXPECT_EQ(answer.field("x-amz-crc32"), "2320196107");
}

TEST(SignedAnewTest, KeepsAllButHostFramingAndSignature) {
  const Message request = read(MessageReader::Side::request,
                               "POST /?x HTTP/1.1\r\nhost: 127.0.0.1:8001\r\n"
                               "X-Amz-Target: D.GetItem\r\nAuthorization: old\r\n"
                               "x-amz-date: old\r\nX-Amz-Security-Token: old\r\n"
                               "amz-sdk-invocation-id: i\r\nExpect: 100-continue\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
  const Message sent = read(
      MessageReader::Side::request,
      signed_anew(request, "dynamodb.example",
                  {{"host", "dynamodb.example"}, {"x-amz-date", "new"}, {"Authorization", "new"}}));
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.target, "/?x");
  EXPECT_EQ(sent.body, "{}");
  EXPECT_THAT(sent.fields,
              ElementsAre(Pair("Host", "dynamodb.example"), Pair("X-Amz-Target", "D.GetItem"),
                          Pair("amz-sdk-invocation-id", "i"), Pair("x-amz-date", "new"),
                          Pair("Authorization", "new"), Pair("Content-Length", "2")));
}

}  // namespace
}  // namespace weir::tap
