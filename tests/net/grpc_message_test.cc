#include <gtest/gtest.h>

#include "net/grpc/message.h"

namespace weir::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const std::string kHello = "\0\0\0\0\x05hello"s;

TEST(GrpcMessageReaderTest, ReadsAMessageWhereverItsPiecesEnd) {
  for (std::size_t piece = 1; piece <= kHello.size(); ++piece) {
    GrpcMessageReader reader(5);
    for (std::size_t at = 0; at < kHello.size(); at += piece) {
      EXPECT_FALSE(reader.is_whole());
      EXPECT_EQ(reader.feed(std::string_view(kHello).substr(at, piece)), std::nullopt);
    }
    EXPECT_TRUE(reader.is_whole());
    EXPECT_EQ(reader.take(), "hello");
  }
}

TEST(GrpcMessageReaderTest, AnEmptyMessageIsOneAndNothingIsNone) {
  GrpcMessageReader reader(5);
  EXPECT_FALSE(reader.is_whole());
  EXPECT_EQ(reader.feed("\0\0\0\0"s), std::nullopt);
  EXPECT_FALSE(reader.is_whole());
  EXPECT_EQ(reader.feed("\0"s), std::nullopt);
  EXPECT_TRUE(reader.is_whole());
  EXPECT_EQ(reader.take(), "");
}

GrpcCode refused_with(std::size_t most, std::string_view bytes) {
  GrpcMessageReader reader(most);
  const auto failed = reader.feed(bytes);
  EXPECT_FALSE(reader.is_whole());
  EXPECT_EQ(reader.feed("more"), std::nullopt);  // said once
  EXPECT_FALSE(reader.is_whole());
  return failed ? failed->code : GrpcCode::ok;
}

TEST(GrpcMessageReaderTest, SaysWhatItCannotRead) {
  EXPECT_EQ(refused_with(5, "\x01\0\0\0\x05hello"s), GrpcCode::unimplemented);
  EXPECT_EQ(refused_with(5, "\x02\0\0\0\x05hello"s), GrpcCode::internal);
  EXPECT_EQ(refused_with(4, kHello), GrpcCode::resource_exhausted);
  EXPECT_EQ(refused_with(5, "\0\xff\xff\xff\xff"s), GrpcCode::resource_exhausted);
  EXPECT_EQ(refused_with(5, kHello + "\0"s), GrpcCode::internal);
}

TEST(GrpcTimeoutTest, ReadsEveryUnitAndNothingElse) {
  EXPECT_EQ(parse_grpc_timeout("2H"), Duration(2h));
  EXPECT_EQ(parse_grpc_timeout("3M"), Duration(3min));
  EXPECT_EQ(parse_grpc_timeout("4S"), Duration(4s));
  EXPECT_EQ(parse_grpc_timeout("20m"), Duration(20ms));
  EXPECT_EQ(parse_grpc_timeout("5u"), Duration(5us));
  EXPECT_EQ(parse_grpc_timeout("00000007n"), Duration(7ns));
  EXPECT_GT(parse_grpc_timeout("99999999H"), Duration(24h));
  for (const char* text : {"", "m", "20", "20x", "-1S", "+1S", " 1S", "1 S", "123456789S", "1.5S"})
    EXPECT_EQ(parse_grpc_timeout(text), std::nullopt) << text;
}

TEST(GrpcStatusTest, EncodesWhatAFieldCannotHold) {
  EXPECT_EQ(encode_grpc_message("100% of a\nline \xc3\xa9"), "100%25 of a%0Aline %C3%A9");
}

}  // namespace
}  // namespace weir::net
