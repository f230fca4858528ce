#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "net/http_client.h"
#include "support/raw_client.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RawClient;
using testing::HasSubstr;
using testing::StartsWith;

// Says what it was asked.
void echo(const ServerRequest& request, const Answer& answer) {
  std::string text = std::string(request.method) + " " + std::string(request.target) + " from " +
                     std::string(request.peer) + ": " + std::string(request.body);
  answer({.status = 200,
          .fields = {{"X-Fields", std::to_string(request.fields.size())}},
          .body = text});
}

std::unique_ptr<HttpServer> start(OnRequest on_request = echo,
                                  const HttpServerOptions& options = {}) {
  auto server =
      HttpServer::listen(*ListenAddress::parse("127.0.0.1:0"), options, std::move(on_request));
  EXPECT_TRUE(server) << server.error().to_string();
  return *std::move(server);
}

Endpoint endpoint_of(const HttpServer& server) {
  return {Scheme::http, "127.0.0.1", server.address().port};
}

TEST(HttpServerTest, AnswersRequestsOneAfterTheOtherOnOneConnection) {
  const auto server = start();
  HttpClient client;
  for (int i = 0; i < 5; ++i) {
    const HttpOutcome answer = client.call(
        endpoint_of(*server), {.method = "POST", .target = "/a?b=c", .body = "body"}, seconds(10));
    ASSERT_TRUE(answer) << answer.error().error.to_string();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /a?b=c from 127.0.0.1: body");
  }
  EXPECT_EQ(client.connections_made(), 1u);
}

TEST(HttpServerTest, AnswersHeadWithoutABody) {
  const auto server = start();
  RawClient client(server->address().port);
  client.send(
      "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 24\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("GET /y from 127.0.0.1: "));
}

TEST(HttpServerTest, ServesRequestsThatCameInOnePieceInTheirOrder) {
  const auto server = start();
  RawClient client(server->address().port);
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.0\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_LT(answer.find("/1"), answer.find("/2"));
  EXPECT_LT(answer.find("/2"), answer.find("/3"));
  EXPECT_NE(answer.find("/3"), std::string::npos);
}

TEST(HttpServerTest, AnswersFromAnotherThreadLater) {
  std::promise<Answer> asked;
  const auto server =
      start([&](const ServerRequest&, Answer answer) { asked.set_value(std::move(answer)); });
  RawClient client(server->address().port);
  client.send("GET / HTTP/1.0\r\n\r\n");
  std::thread later([answer = asked.get_future().get()] { answer({.status = 204}); });
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 204 No Content\r\n"));
  later.join();
}

TEST(HttpServerTest, TellsWhatIsNoRequest) {
  const auto server = start();
  for (const char* bytes :
       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nbad name: x\r\n\r\n"}) {
    RawClient client(server->address().port);
    client.send(bytes);
    client.end();
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400 ")) << bytes;
  }
}

TEST(HttpServerTest, BoundsHeaderFieldsAndBody) {
  const auto server = start(echo, {.max_header_bytes = 1000, .max_body_bytes = 10});
  const auto ask = [&](const std::string& bytes) {
    RawClient client(server->address().port);
    client.send(bytes);
    return client.read_until("\r\n\r\n");
  };
  const std::string request = "POST / HTTP/1.1\r\nContent-Length: ";
  EXPECT_THAT(ask(request + "10\r\n\r\n0123456789"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(request + "11\r\n\r\n0123456789a"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nA: " + std::string(2000, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServerTest, EndsConnectionsThatAreIdleOrTooSlow) {
  const auto server =
      start(echo, {.request_time = milliseconds(50), .idle_time = milliseconds(50)});
  RawClient idle(server->address().port);
  RawClient slow(server->address().port);
  slow.send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_TRUE(idle.is_closed());
  slow.read_all();
  EXPECT_TRUE(slow.is_closed());
}

TEST(HttpServerTest, TurnsConnectionsOverItsBoundAway) {
  const auto server = start(echo, {.max_connections = 2});
  RawClient first(server->address().port);
  RawClient second(server->address().port);
  for (RawClient* client : {&first, &second}) {
    client->send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client->read_until("from"), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_EQ(server->connections(), 2u);
  RawClient third(server->address().port);
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 503 "));
  EXPECT_TRUE(third.is_closed());
}

TEST(HttpServerTest, AnswersWhatHasBegunWhenItIsDrained) {
  std::promise<Answer> asked;
  const auto server =
      start([&](const ServerRequest&, Answer answer) { asked.set_value(std::move(answer)); });
  RawClient idle(server->address().port);
  RawClient busy(server->address().port);
  busy.send("GET / HTTP/1.1\r\n\r\n");
  const Answer answer = asked.get_future().get();
  std::future<bool> drained =
      std::async(std::launch::async, [&] { return server->drain(seconds(20)); });
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_TRUE(idle.is_closed());
  answer({.status = 200, .body = "done"});
  const std::string got = busy.read_all();
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(got, HasSubstr("done"));
  EXPECT_TRUE(drained.get());
}

TEST(HttpServerTest, MayBeDestroyedBeforeItsAnswersAreGiven) {
  std::promise<Answer> asked;
  auto server =
      start([&](const ServerRequest&, Answer answer) { asked.set_value(std::move(answer)); });
  RawClient client(server->address().port);
  client.send("GET / HTTP/1.1\r\n\r\n");
  Answer answer = asked.get_future().get();
  server.reset();
  answer({.status = 200});
  EXPECT_EQ(client.read_all(), "");
}

TEST(HttpServerTest, ListensOnAUnixSocketAndTakesTheNameOfOneThatIsDead) {
  const std::string path = "/tmp/weir-http-server-test-" + std::to_string(::getpid());
  const ListenAddress address = *ListenAddress::parse("unix:" + path);
  for (int i = 0; i < 2; ++i) {
    auto server = HttpServer::listen(address, {}, echo);
    ASSERT_TRUE(server) << server.error().to_string();
    EXPECT_FALSE(HttpServer::listen(address, {}, echo));  // one lives there
    RawClient client(path);
    client.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("GET / from : "));
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(HttpServerTest, SaysWhatKeepsItFromListening) {
  const auto server = start();
  const auto second = HttpServer::listen(server->address(), {}, echo);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(server->address().to_string()));
}

}  // namespace
}  // namespace weir::net
