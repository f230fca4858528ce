#include "net/listener.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "net/deadline.h"
#include "support/raw_client.h"

namespace weir::net {
namespace {

using std::chrono::seconds;
using test::RawClient;

std::unique_ptr<Listener> listen(const char* address = "127.0.0.1:0") {
  auto listener = Listener::listen(*ListenAddress::parse(address));
  EXPECT_TRUE(listener) << listener.error().to_string();
  return *std::move(listener);
}

std::string read_some(Stream& stream) {
  std::array<char, 64> bytes{};
  const Result<std::size_t> got = stream.read(bytes, Deadline::in(seconds(60)));
  return got ? std::string(bytes.data(), *got) : got.error().to_string();
}

TEST(ListenerTest, HandsOutEachConnectionAsAStream) {
  const auto listener = listen();
  ASSERT_NE(listener->address().port, 0);
  RawClient one(listener->address().port);
  const auto first = listener->accept();
  RawClient other(listener->address().port);
  const auto second = listener->accept();
  one.send("one");
  other.send("other");
  EXPECT_EQ(read_some(*second), "other");
  EXPECT_EQ(read_some(*first), "one");
  bool handed_over = false;
  ASSERT_TRUE(first->write("answer", Deadline::in(seconds(60)), handed_over));
  EXPECT_EQ(one.read_until("answer"), "answer");
}

TEST(ListenerTest, ListensOnIpv6) {
  const auto listener = listen("[::1]:0");
  EXPECT_NE(listener->address().port, 0);
  EXPECT_EQ(listener->address().to_string(), "[::1]:" + std::to_string(listener->address().port));
}

TEST(ListenerTest, StopEndsTheWaitOfAnotherThread) {
  const auto listener = listen();
  std::thread waiting([&] { EXPECT_EQ(listener->accept(), nullptr); });
  listener->stop();
  waiting.join();
}

TEST(ListenerTest, SaysWhichAddressIsTaken) {
  const auto listener = listen();
  const auto second = Listener::listen(listener->address());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on " + listener->address().to_string() + ": Address already in use");
  EXPECT_NE(second.error().cure, "");
}

TEST(ListenerTest, RefusesUnixSockets) {
  const auto listener = Listener::listen(*ListenAddress::parse("unix:/tmp/socket"));
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, ErrorCode::unsupported);
}

TEST(StreamTest, ShutDownEndsTheWaitOfAnotherThread) {
  const auto listener = listen();
  RawClient client(listener->address().port);
  const auto stream = listener->accept();
  std::thread waiting([&] { EXPECT_EQ(read_some(*stream), ""); });
  stream->shut_down();
  waiting.join();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace weir::net
