// Exchanges over HTTP/2 against servers that speak it frame by frame, well and badly, on loopback.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/system_clock.h"
#include "scan/probe/http2_flight.h"
#include "scan/probe/http_transport.h"
#include "tests/scan/server.h"

namespace weir::scan {
namespace {

using namespace std::chrono_literals;
using test::Server;
using test::write_text;

// RFC 9113 §6.
constexpr std::uint8_t kData = 0, kHeaders = 1, kSettings = 4, kPing = 6, kGoaway = 7,
                       kContinuation = 9;
constexpr std::uint8_t kEndStream = 1, kEndHeaders = 4;
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const std::string kStatus200 = "\x88";  // HPACK, by the static table
const std::string kStatus429 =
    "\x08\x03"
    "429";

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload = {}) {
  std::string text;
  for (const int shift : {16, 8, 0}) text += static_cast<char>(payload.size() >> shift & 0xFF);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(stream >> shift & 0xFF);
  return text + std::string(payload);
}

// The client's side of a connection, read as it arrives.
class Peer {
 public:
  struct Frame {
    std::uint8_t type = 0, flags = 0;
    std::uint32_t stream = 0;
    std::size_t read = 0;  // the how many-th read brought its end
    bool ends_stream() const { return type <= kHeaders && (flags & kEndStream) != 0; }
  };

  explicit Peer(Server::tcp::socket& socket) : socket_(socket) {}

  // Waits for more; false once the client has closed.
  bool read() {
    std::array<char, 65536> block{};
    boost::system::error_code error;
    const std::size_t size = socket_.read_some(boost::asio::buffer(block), error);
    if (error) return false;
    ++reads_;
    bytes_.append(block.data(), size);
    if (!begun_ && bytes_.size() >= kPreface.size()) {
      EXPECT_EQ(bytes_.substr(0, kPreface.size()), kPreface);
      bytes_.erase(0, kPreface.size());
      begun_ = true;
    }
    while (begun_ && bytes_.size() >= 9) {
      const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes_[i]));
      };
      const std::uint32_t length = byte(0) * 65536U + byte(1) * 256U + byte(2);
      if (bytes_.size() < std::size_t{9} + length) break;
      const std::uint32_t stream = byte(7) * 256U + byte(8);
      frames.push_back(
          {static_cast<std::uint8_t>(byte(3)), static_cast<std::uint8_t>(byte(4)), stream, reads_});
      bytes_.erase(0, std::size_t{9} + length);
    }
    return true;
  }

  std::size_t ended() const {
    std::size_t count = 0;
    for (const Frame& each : frames) count += each.ends_stream() ? 1U : 0U;
    return count;
  }

  // Until so many requests are complete.
  bool read_until_ended(std::size_t count) {
    while (ended() < count) {
      if (!read()) return false;
    }
    return true;
  }

  std::vector<Frame> frames;

 private:
  Server::tcp::socket& socket_;
  std::string bytes_;
  std::size_t reads_ = 0;
  bool begun_ = false;
};

std::string answer(std::uint32_t stream, const std::string& status, std::string_view body) {
  return frame(kHeaders, kEndHeaders, stream, status) + frame(kData, kEndStream, stream, body);
}

std::vector<Response> ask(const Server& server, std::size_t count, bool together = false,
                          Duration deadline = 5s, Request request = {}) {
  base::SystemClock clock;
  request.version = kHttp2;
  auto transport = HttpTransport::create(server.endpoint(), clock, {deadline, true});
  const std::vector<Request> requests(count, request);
  if (!together) return {(*transport)->send(request)};
  return (*transport)->send_together(requests);
}

// Says its SETTINGS, waits for a request and answers with `bytes`, again and again if `endless`.
Server saying(std::string bytes, bool endless = false) {
  return Server([bytes = std::move(bytes), endless](Server::tcp::socket& socket) {
    write_text(socket, frame(kSettings, 0, 0));
    Peer peer(socket);
    if (!peer.read_until_ended(1)) return;
    boost::system::error_code error;
    do {
      boost::asio::write(socket, boost::asio::buffer(bytes), error);
    } while (endless && !error);
    while (!error && peer.read()) {
    }
  });
}

TEST(Http2, BringsStatusHeadersAndBody) {
  const Server server = saying(frame(kHeaders, kEndHeaders, 1,
                                     kStatus429 + std::string("\x00\x0bretry-after\x02"
                                                              "30",
                                                              16)) +
                               frame(kData, 0, 1, "too ") + frame(kData, kEndStream, 1, "many"));
  const Response response = ask(server, 1).front();
  ASSERT_TRUE(response.ok()) << response.failure_text;
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(find_header(response.headers, "Retry-After"), "30");
  EXPECT_EQ(response.body, "too many");
  EXPECT_LE(response.sent, response.answered);
}

TEST(Http2, TakesTheAnswerAfterInterimOnes) {
  const std::string interim = frame(kHeaders, kEndHeaders, 1,
                                    "\x08\x03"
                                    "103");
  const Server server = saying(interim + interim + answer(1, kStatus200, "ok"));
  const Response response = ask(server, 1).front();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok");
}

class Http2Together : public testing::TestWithParam<const char*> {};

TEST_P(Http2Together, TheLastFramesOfAllRequestsArriveAtOnce) {
  constexpr std::size_t kCount = 50;
  std::vector<Peer::Frame> seen;
  const Server server([&](Server::tcp::socket& socket) {
    write_text(socket, frame(kSettings, 0, 0));
    Peer peer(socket);
    peer.read_until_ended(kCount);
    std::string answers;
    for (const Peer::Frame& each : peer.frames) {
      if (each.ends_stream()) answers += answer(each.stream, kStatus200, "ok");
    }
    seen = peer.frames;
    write_text(socket, answers);
    while (peer.read()) {
    }
  });
  Request request{.method = "POST", .target = "/x"};
  if (*GetParam() != '\0') request.body = GetParam();
  const std::vector<Response> responses = ask(server, kCount, /*together=*/true, 10s, request);
  ASSERT_EQ(responses.size(), kCount);
  for (const Response& response : responses) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.sent, responses.front().sent) << "released at one instant";
  }
  std::size_t headers = 0;
  std::size_t first_end = 0;
  for (const Peer::Frame& each : seen) {
    if (each.type == kHeaders) ++headers;
    if (!each.ends_stream()) continue;
    EXPECT_EQ(headers, kCount) << "all requests but their ends were there before";
    if (first_end == 0) first_end = each.read;
    EXPECT_EQ(each.read, first_end) << "one packet brought all ends";
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutABody, Http2Together, testing::Values("", "{\"a\":1}"));

TEST(Http2, SaysWhatDoesNotSpeakIt) {
  const Server old([](Server::tcp::socket& socket) {
    Peer peer(socket);
    peer.read();
    write_text(socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    while (peer.read()) {
    }
  });
  EXPECT_EQ(ask(old, 1).front().failure, Failure::malformed);
}

TEST(Http2, ACutConnectionFailsAllRequestsAtOnce) {
  const Server server([](Server::tcp::socket& socket) {
    write_text(socket, frame(kSettings, 0, 0));
    Peer peer(socket);
    peer.read_until_ended(3);
    write_text(socket, answer(1, kStatus200, "ok"));
  });
  const std::vector<Response> responses = ask(server, 3, /*together=*/true);
  EXPECT_EQ(responses[0].status, 200);
  EXPECT_EQ(responses[1].failure, Failure::closed);
  EXPECT_EQ(responses[2].failure, Failure::closed);
}

TEST(Http2, KeepsABoundedPartOfAnEndlessBody) {
  const Server server([](Server::tcp::socket& socket) {
    write_text(socket, frame(kSettings, 0, 0));
    Peer peer(socket);
    if (!peer.read_until_ended(1)) return;
    write_text(socket, frame(kHeaders, kEndHeaders, 1, kStatus200));
    const std::string block = frame(kData, 0, 1, std::string(16'000, 'x'));
    boost::system::error_code error;
    while (!error) boost::asio::write(socket, boost::asio::buffer(block), error);
  });
  const Response response = ask(server, 1).front();
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.body.size(), kMaxBodyBytes);
}

TEST(Http2, EndsBeforeItsDeadlineWhateverIsSentWithoutEnd) {
  const std::string header = std::string(
                                 "\x00\x01"
                                 "a\x7f\x81\x01",
                                 6) +
                             std::string(256, 'x');
  const std::pair<const char*, std::string> cases[] = {
      {"pings", frame(kPing, 0, 0, "12345678")},
      {"settings", frame(kSettings, 0, 0)},
      {"frames of an unknown type", frame(0x77, 0, 0, "x")},
      {"interim answers", frame(kHeaders, kEndHeaders, 1,
                                "\x08\x03"
                                "103")},
      {"empty data", frame(kData, 0, 1)},
  };
  for (const auto& [what, bytes] : cases) {
    std::string many;
    for (int i = 0; i < 100; ++i) many += bytes;
    const bool data = bytes[3] == static_cast<char>(kData);
    const Server server([&](Server::tcp::socket& socket) {
      write_text(socket, frame(kSettings, 0, 0));
      Peer peer(socket);
      if (!peer.read_until_ended(1)) return;
      if (data) write_text(socket, frame(kHeaders, kEndHeaders, 1, kStatus200));
      boost::system::error_code error;
      while (!error) boost::asio::write(socket, boost::asio::buffer(many), error);
    });
    const Response response = ask(server, 1, false, 60s).front();
    EXPECT_NE(response.failure, Failure::timeout) << what;
    EXPECT_TRUE(response.truncated || !response.ok()) << what;
  }
  // Headers that go on in CONTINUATION frames without end, empty and full.
  for (const std::string& part : {std::string(), header}) {
    const Server server([&](Server::tcp::socket& socket) {
      write_text(socket, frame(kSettings, 0, 0));
      Peer peer(socket);
      if (!peer.read_until_ended(1)) return;
      write_text(socket, frame(kHeaders, 0, 1, kStatus200));
      boost::system::error_code error;
      const std::string bytes = frame(kContinuation, 0, 1, part);
      while (!error) boost::asio::write(socket, boost::asio::buffer(bytes), error);
    });
    const Response response = ask(server, 1, false, 60s).front();
    EXPECT_NE(response.failure, Failure::timeout) << part.size();
    EXPECT_LE(response.headers.size(), kMaxResponseHeaderBytes / 256 + 1);
  }
}

TEST(Http2, EndsAtItsDeadlineWhereNothingComes) {
  const Server silent([](Server::tcp::socket& socket) {
    Peer peer(socket);
    while (peer.read()) {
    }
  });
  EXPECT_EQ(ask(silent, 1, false, 300ms).front().failure, Failure::timeout);
  EXPECT_EQ(ask(silent, 2, true, 300ms).back().failure, Failure::timeout) << "no SETTINGS came";
}

TEST(Http2, BrokenFramesAreAFailureAndNoMore) {
  for (const std::string& bytes :
       {frame(kGoaway, 0, 0, std::string(8, '\0')), frame(kHeaders, kEndHeaders, 1, "\xff\xff\xff"),
        frame(kData, kEndStream, 1, "no headers"), frame(kHeaders, kEndHeaders, 2, kStatus200),
        frame(kHeaders, kEndHeaders | kEndStream, 1,
              "\x08\x03"
              "abc"),
        frame(kSettings, 0, 0, "odd"), std::string(64, '\xff')}) {
    const Server server = saying(bytes);
    const Response response = ask(server, 1, false, 500ms).front();
    EXPECT_FALSE(response.ok());
    EXPECT_EQ(response.status, 0);
  }
}

}  // namespace
}  // namespace weir::scan
