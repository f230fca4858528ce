// The real transport against servers that behave in every bad way, on loopback.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <mutex>
#include <string>
#include <thread>

#include "base/system_clock.h"
#include "scan/probe/http_transport.h"
#include "scan/probe/prober.h"
#include "tests/scan/server.h"

namespace weir::scan {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using test::Server;
using test::write_text;

std::string read_request(tcp::socket& socket) {
  asio::streambuf buffer;
  boost::system::error_code error;
  asio::read_until(socket, buffer, "\r\n\r\n", error);
  return {asio::buffers_begin(buffer.data()), asio::buffers_end(buffer.data())};
}

Response ask(const Server& server, Request request = {},
             Duration deadline = std::chrono::seconds(5)) {
  base::SystemClock clock;
  auto transport = HttpTransport::create(server.endpoint(), clock, {deadline, true});
  return (*transport)->send(request);
}

TEST(HttpTransport, SendsWhatIsWrittenByteForByte) {
  std::string seen;
  const Server server([&](tcp::socket& socket) {
    seen = read_request(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  });
  Request request{.method = "GET", .target = "//a/../%2E;x=1"};
  request.add_header("X-Key",
                     "a\x01"
                     "b");
  request.add_header("X-Key", "twice");
  const Response response = ask(server, request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hi");
  EXPECT_TRUE(seen.starts_with("GET //a/../%2E;x=1 HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("X-Key: a\x01"
                      "b\r\nX-Key: twice\r\n"),
            std::string::npos)
      << seen;
}

TEST(HttpTransport, SkipsInterimAnswers) {
  const Server server([](tcp::socket& socket) {
    read_request(socket);
    write_text(socket,
               "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  });
  EXPECT_EQ(ask(server).status, 204);
}

TEST(HttpTransport, KeepsOneMegabyteOfALargeBodyAndStops) {
  const Server server([](tcp::socket& socket) {
    read_request(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
    const std::string block(1 << 20, 'x');
    boost::system::error_code error;
    for (int i = 0; i < 100 && !error; ++i) asio::write(socket, asio::buffer(block), error);
  });
  const Response response = ask(server);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.size(), kMaxBodyBytes);
  EXPECT_TRUE(response.truncated);
}

TEST(HttpTransport, TakesABodyOfExactlyItsBoundWhole) {
  const Server server([](tcp::socket& socket) {
    read_request(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" +
                           std::string(kMaxBodyBytes, 'x'));
  });
  const Response response = ask(server);
  EXPECT_EQ(response.body.size(), kMaxBodyBytes);
  EXPECT_FALSE(response.truncated);
}

TEST(HttpTransport, BelievesNoAbsurdLength) {
  const Server server([](tcp::socket& socket) {
    read_request(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nshort");
  });
  const Response response = ask(server);
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.truncated);
}

TEST(HttpTransport, SaysWhatIsWrongWithTheAnswer) {
  const auto failure_of = [](std::string answer) {
    const Server server([answer](tcp::socket& socket) {
      read_request(socket);
      write_text(socket, answer);
    });
    return ask(server).failure;
  };
  EXPECT_EQ(failure_of("SSH-2.0-OpenSSH_9.2\r\n\r\n"), Failure::malformed);
  EXPECT_EQ(failure_of(""), Failure::closed);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nX: " + std::string(kMaxResponseHeaderBytes, 'x')),
            Failure::malformed);
}

TEST(HttpTransport, EndsByItsDeadlineWhateverTheTargetDoes) {
  const Server silent([](tcp::socket& socket) {
    read_request(socket);
    char byte = 0;
    boost::system::error_code ignored;
    socket.read_some(asio::buffer(&byte, 1), ignored);  // until the client goes away
  });
  const Response response = ask(silent, {}, std::chrono::milliseconds(200));
  EXPECT_EQ(response.failure, Failure::timeout);
}

TEST(HttpTransport, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    asio::io_context context;
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = acceptor.local_endpoint().port();
  }
  base::SystemClock clock;
  auto transport = HttpTransport::create({net::Scheme::http, "127.0.0.1", port}, clock, {});
  EXPECT_EQ((*transport)->send({}).failure, Failure::unreachable);
}

TEST(HttpTransport, HoldsTheLastByteUntilAllAreReady) {
  std::mutex mutex;
  std::atomic<int> complete{0};
  std::atomic<int> complete_before_all_connected{0};
  std::atomic<int> connected{0};
  constexpr int kTogether = 16;
  const Server server([&](tcp::socket& socket) {
    ++connected;
    read_request(socket);
    if (connected < kTogether) ++complete_before_all_connected;
    ++complete;
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  base::SystemClock clock;
  auto transport = HttpTransport::create(server.endpoint(), clock, {});
  const std::vector<Request> requests(kTogether);
  const std::vector<Response> responses = (*transport)->send_together(requests);
  ASSERT_EQ(responses.size(), requests.size());
  for (const Response& response : responses) EXPECT_EQ(response.status, 200);
  EXPECT_EQ(complete, kTogether);
  EXPECT_EQ(complete_before_all_connected, 0);
}

TEST(HttpTransport, SendsFromTheAddressThatIsAskedFor) {
  std::string peer;
  const Server server([&](tcp::socket& socket) {
    boost::system::error_code ignored;
    peer = socket.remote_endpoint(ignored).address().to_string();
    read_request(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Request request;
  request.source_address = "127.77.1.2";
  EXPECT_EQ(ask(server, request).status, 200);
  EXPECT_EQ(peer, "127.77.1.2");
}

TEST(Serialise, AddsOnlyTheFramingThatIsMissing) {
  Request request{.method = "POST", .target = "/a"};
  request.body = "xyz";
  EXPECT_EQ(serialise(request, "h:1"),
            "POST /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxyz");
  request.add_header("Host", "other");
  request.add_header("Content-Length", "9");
  EXPECT_EQ(serialise(request, "h:1"),
            "POST /a HTTP/1.1\r\nHost: other\r\nContent-Length: 9\r\nConnection: close\r\n\r\nxyz");
}

}  // namespace
}  // namespace weir::scan
