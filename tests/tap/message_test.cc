#include "tap/message.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace weir::tap {
namespace {

using Side = MessageReader::Side;

// Whole, and byte by byte: the end of a message does not depend on how it was cut up.
Message read(Side side, std::string_view wire) {
  MessageReader whole(side);
  EXPECT_TRUE(whole.feed(wire));
  EXPECT_TRUE(whole.is_done() || whole.feed_end());
  MessageReader bytes(side);
  for (const char byte : wire) EXPECT_TRUE(bytes.feed({&byte, 1}));
  EXPECT_TRUE(bytes.is_done() || bytes.feed_end());
  const Message message = bytes.take();
  EXPECT_EQ(message.wire, whole.take().wire);
  EXPECT_EQ(message.wire, wire);
  return message;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string copy(text);
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(MessageReaderTest, ReadsARequestByItsLength) {
  const Message message = read(Side::request,
                               "POST / HTTP/1.1\r\nhost: a\r\nX-Amz-Target: D.GetItem\r\n"
                               "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(message.method, "POST");
  EXPECT_EQ(message.target, "/");
  EXPECT_EQ(message.field("x-amz-target"), "D.GetItem");
  EXPECT_EQ(message.field("absent"), "");
  EXPECT_EQ(message.body, "{}");
  EXPECT_TRUE(message.keep_alive);
}

TEST(MessageReaderTest, ReadsAChunkedAnswerAndKeepsItsChunksOnTheWire) {
  const Message message = read(Side::response,
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(message.status, 200);
  EXPECT_EQ(message.body, "abcde");
}

TEST(MessageReaderTest, ReadsAnAnswerThatEndsWithTheConnection) {
  const Message message = read(Side::response, "HTTP/1.0 200 OK\r\n\r\nto the end");
  EXPECT_EQ(message.body, "to the end");
  EXPECT_FALSE(message.keep_alive);
}

TEST(MessageReaderTest, KeepsInterimResponsesBeforeTheAnswer) {
  const Message message = read(Side::response,
                               "HTTP/1.1 100 Continue\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(message.status, 200);
  EXPECT_EQ(message.body, "ok");
}

TEST(MessageReaderTest, LeavesTheNextMessageForLater) {
  MessageReader reader(Side::request);
  ASSERT_TRUE(reader.feed("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(reader.take().target, "/1");
  EXPECT_TRUE(reader.has_begun());
  ASSERT_TRUE(reader.feed({}));
  EXPECT_EQ(reader.take().target, "/2");
  EXPECT_FALSE(reader.has_begun());
}

TEST(MessageReaderTest, TakesNoBodyFromAnAnswerToHead) {
  MessageReader reader(Side::response);
  reader.expect_no_body();
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  ASSERT_TRUE(reader.is_done());
  reader.take();
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_EQ(reader.take().body, "ok");
}

TEST(MessageReaderTest, SaysWhoWaitsToSendABody) {
  MessageReader reader(Side::request);
  ASSERT_TRUE(reader.feed("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_TRUE(reader.wants_continue());
  ASSERT_TRUE(reader.feed("x"));
  EXPECT_FALSE(reader.wants_continue());
}

TEST(MessageReaderTest, AnEndInTheMiddleEndsNoMessage) {
  for (const std::string_view begun :
       {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    MessageReader reader(Side::response);
    ASSERT_TRUE(reader.feed(begun));
    EXPECT_FALSE(reader.feed_end()) << begun;
  }
}

TEST(MessageReaderTest, RefusesWhatHasTwoLengthsOrIsNoHttp) {
  for (const std::string_view wrong :
       {"\x16\x03\x01 hello\r\n\r\n", "GET / HTTP/9\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
    MessageReader reader(Side::request);
    EXPECT_FALSE(reader.feed(wrong)) << wrong;
  }
}

TEST(MessageReaderTest, RefusesFieldsBeyondTheirBound) {
  MessageReader reader(Side::request);
  const std::string long_one(kMaxHeaderBytes, 'x');
  const Status fed = reader.feed("GET / HTTP/1.1\r\nX-Long: " + long_one + "\r\n\r\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::limit_exceeded);
}

TEST(MessageReaderTest, RefusesABodyBeyondItsBoundBeforeItComes) {
  const auto with_length = [](std::size_t bytes) {
    MessageReader reader(Side::request);
    return reader.feed("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
  };
  EXPECT_TRUE(with_length(kMaxBodyBytes));
  const Status fed = with_length(kMaxBodyBytes + 1);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::limit_exceeded);
}

TEST(MessageReaderTest, RefusesInterimResponsesWithoutEnd) {
  MessageReader reader(Side::response);
  Status fed;
  for (int i = 0; i < 9 && fed; ++i) fed = reader.feed("HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::limit_exceeded);
}

TEST(PlainBodyTest, IsTheBodyUnlessItIsCompressed) {
  EXPECT_EQ(*plain_body({.body = "{}"}), "{}");
  EXPECT_EQ(*plain_body({.fields = {{"content-encoding", "gzip"}}, .body = gzip("{\"a\":1}")}),
            "{\"a\":1}");
}

TEST(PlainBodyTest, RefusesWhatIsDamagedOrCutShort) {
  const std::string whole = gzip("a body that is long enough to be cut");
  for (const std::string& body : {whole.substr(0, whole.size() / 2), std::string("no gzip")}) {
    EXPECT_FALSE(plain_body({.fields = {{"Content-Encoding", "gzip"}}, .body = body}));
  }
}

TEST(PlainBodyTest, RefusesABodyThatGrowsBeyondTheBound) {
  const std::string bomb = gzip(std::string(kMaxBodyBytes + 200'000, 'a'));
  ASSERT_LT(bomb.size(), 100'000u);
  EXPECT_FALSE(plain_body({.fields = {{"Content-Encoding", "gzip"}}, .body = bomb}));
}

}  // namespace
}  // namespace weir::tap
