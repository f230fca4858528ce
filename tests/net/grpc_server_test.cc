#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "base/system_clock.h"
#include "net/grpc/server.h"
#include "support/h2_client.h"
#include "support/raw_client.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::framed;
using test::H2Client;
using test::RawClient;
using testing::HasSubstr;

void echo(const GrpcCall& call, const GrpcAnswer& answer) {
  answer({.message = call.path + ": " + call.message});
}

std::unique_ptr<GrpcServer> start(OnCall on_call = echo, const GrpcServerOptions& options = {}) {
  auto server =
      GrpcServer::listen(*ListenAddress::parse("127.0.0.1:0"), options, std::move(on_call));
  EXPECT_TRUE(server) << server.error().to_string();
  return *std::move(server);
}

// Runs one call to its end and gives back its answer.
H2Client::Answer answer_to(H2Client& client, std::int32_t id) {
  EXPECT_TRUE(client.run_until([&] { return client.answer(id).over; }));
  return client.answer(id);
}

std::string status_of(const H2Client::Answer& answer) {
  const auto found = answer.fields.find("grpc-status");
  return found == answer.fields.end() ? "" : found->second;
}

TEST(GrpcServerTest, AnswersManyCallsOnOneConnection) {
  const auto server = start();
  H2Client client(server->address().port);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 500; ++i)
    ids.push_back(client.call("/a.B/C", framed("call " + std::to_string(i))));
  for (int i = 0; i < 500; ++i) {
    const H2Client::Answer answer = answer_to(client, ids[static_cast<std::size_t>(i)]);
    EXPECT_EQ(answer.body, framed("/a.B/C: call " + std::to_string(i)));
    EXPECT_EQ(status_of(answer), "0");
    EXPECT_EQ(answer.fields.at(":status"), "200");
    EXPECT_EQ(answer.fields.at("content-type"), "application/grpc");
  }
  EXPECT_EQ(server->connections(), 1u);
}

TEST(GrpcServerTest, AnswersFromAnotherThreadLaterAndInAnyOrder) {
  std::promise<GrpcAnswer> first;
  const auto server = start([&](const GrpcCall& call, GrpcAnswer answer) {
    if (call.message == "first") return first.set_value(std::move(answer));
    answer({.status = {GrpcCode::not_found, "nothing"}});
  });
  H2Client client(server->address().port);
  const std::int32_t one = client.call("/a", framed("first"));
  const std::int32_t two = client.call("/a", framed("second"));
  EXPECT_EQ(status_of(answer_to(client, two)), "5");
  EXPECT_EQ(client.answer(two).fields.at("grpc-message"), "nothing");
  std::thread later([answer = first.get_future().get()] { answer({.message = "late"}); });
  EXPECT_EQ(answer_to(client, one).body, framed("late"));
  later.join();
}

TEST(GrpcServerTest, TellsHowLongTheClientWaits) {
  std::promise<std::optional<Duration>> told;
  const auto server = start([&](const GrpcCall& call, const GrpcAnswer& answer) {
    told.set_value(call.deadline);
    answer({});
  });
  H2Client client(server->address().port);
  const Duration before = base::monotonic_now();
  answer_to(client, client.call("/a", framed(""), {{"grpc-timeout", "5S"}}));
  const std::optional<Duration> deadline = told.get_future().get();
  ASSERT_TRUE(deadline);
  EXPECT_GE(*deadline, before + seconds(5));
  EXPECT_LE(*deadline, base::monotonic_now() + seconds(5));
}

TEST(GrpcServerTest, SaysWhatIsWrongWithAMessage) {
  const auto server = start(echo, {.max_message_bytes = 100});
  H2Client client(server->address().port);
  std::string compressed = framed("x");
  compressed[0] = '\1';
  for (const auto& [body, code] :
       {std::pair{framed(std::string(100, 'x')), "0"},
        std::pair{framed(std::string(101, 'x')), "8"}, std::pair{compressed, "12"},
        std::pair{std::string(), "13"}, std::pair{std::string("\0\0", 2), "13"},
        std::pair{framed("a") + framed("b"), "13"}}) {
    const H2Client::Answer answer = answer_to(client, client.call("/a", body));
    EXPECT_EQ(status_of(answer), code);
    EXPECT_EQ(answer.fields.at(":status"), "200");
    if (std::string_view(code) == "12") {
      EXPECT_EQ(answer.fields.at("grpc-accept-encoding"), "identity");
    }
  }
}

TEST(GrpcServerTest, TellsWhatIsNoGrpc) {
  const auto server = start();
  H2Client client(server->address().port);
  const auto status = [&](const std::string& method, const std::string& type) {
    return answer_to(client, client.request({{":method", method},
                                             {":scheme", "http"},
                                             {":path", "/a"},
                                             {":authority", "x"},
                                             {"content-type", type}},
                                            framed("x")))
        .fields.at(":status");
  };
  EXPECT_EQ(status("POST", "application/json"), "415");
  EXPECT_EQ(status("POST", "application/grpc-web"), "415");
  EXPECT_EQ(status("GET", "application/grpc"), "405");
  EXPECT_EQ(status("POST", "application/grpc+proto"), "200");
  EXPECT_EQ(status("POST", "application/grpc;charset=utf-8"), "200");
}

TEST(GrpcServerTest, ClosesConnectionsThatAreNoHttp2) {
  const auto server = start();
  for (const char* bytes : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n and more than a preface is long",
                            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client's hello"}) {
    RawClient client(server->address().port);
    client.send(bytes);
    client.read_all();
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(GrpcServerTest, BoundsTheHeaderFields) {
  const auto server = start(echo, {.max_header_bytes = 1000});
  H2Client client(server->address().port);
  EXPECT_EQ(
      status_of(answer_to(client, client.call("/a", framed(""), {{"x", std::string(500, 'x')}}))),
      "0");
  EXPECT_EQ(
      status_of(answer_to(client, client.call("/a", framed(""), {{"x", std::string(900, 'x')}}))),
      "8");
  H2Client::Fields many;
  for (int i = 0; i < 40; ++i) many.emplace_back("x" + std::to_string(i), "");
  EXPECT_EQ(status_of(answer_to(client, client.call("/a", framed(""), many))), "8");
}

// An HTTP/2 frame.
std::string frame(char type, char flags, char stream, const std::string& payload) {
  return std::string({'\0', '\0', static_cast<char>(payload.size()), type, flags, '\0', '\0', '\0',
                      stream}) +
         payload;
}

TEST(GrpcServerTest, EndsConnectionsWhoseHeaderBlocksDoNotEnd) {
  const auto server = start();
  RawClient client(server->address().port);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(1, 0, 1, "\x82"));
  for (int i = 0; i < 100; ++i) client.send(frame(9, 0, 1, ""));
  client.read_all();
  EXPECT_TRUE(client.is_closed());
}

TEST(GrpcServerTest, EndsConnectionsThatResetCallAfterCall) {
  const auto server = start([](const GrpcCall&, const GrpcAnswer&) {});
  H2Client client(server->address().port);
  for (int i = 0; i < 3000; ++i) {
    const std::int32_t id = client.call("/a", framed(""), {}, false);
    client.send();
    client.reset(id);
    client.send();
  }
  EXPECT_FALSE(client.run_until([] { return false; }));
  EXPECT_TRUE(client.is_closed());
}

TEST(GrpcServerTest, BoundsTheCallsOfAConnection) {
  std::atomic<int> asked = 0;
  const auto server =
      start([&](const GrpcCall&, const GrpcAnswer&) { ++asked; }, {.max_streams = 2});
  H2Client client(server->address().port);
  // More than the client was told of, before it has heard of it.
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(client.call("/a", framed("")));
  EXPECT_TRUE(client.run_until([&] { return client.answer(ids[2]).over; }));
  EXPECT_NE(client.answer(ids[2]).error, 0u);
  EXPECT_FALSE(client.answer(ids[0]).over);
  EXPECT_EQ(asked, 2);
}

TEST(GrpcServerTest, EndsCallsThatComeTooSlowly) {
  const auto server = start(echo, {.request_time = milliseconds(50)});
  H2Client client(server->address().port);
  const std::int32_t id = client.call("/a", framed("message").substr(0, 7), {}, false);
  EXPECT_TRUE(client.run_until([&] { return client.answer(id).fields.contains("grpc-status"); }));
  EXPECT_EQ(status_of(client.answer(id)), "4");
  // The rest of its bytes, which never come, are waited for no longer than as much again.
  EXPECT_TRUE(client.run_until([&] { return client.answer(id).over; }));
}

TEST(GrpcServerTest, KeepsIdleConnectionsThatAnswerAPingAndEndsSilentOnes) {
  const auto server =
      start(echo, {.request_time = milliseconds(40), .idle_time = milliseconds(40)});
  H2Client idle(server->address().port);
  EXPECT_TRUE(idle.run_until([&] { return idle.pings() >= 3; }));
  EXPECT_EQ(status_of(answer_to(idle, idle.call("/a", framed("")))), "0");
  RawClient silent(server->address().port);
  silent.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  silent.read_all();
  EXPECT_TRUE(silent.is_closed());
}

TEST(GrpcServerTest, TurnsConnectionsOverItsBoundAway) {
  const auto server = start(echo, {.max_connections = 1});
  H2Client first(server->address().port);
  answer_to(first, first.call("/a", framed("")));
  H2Client second(server->address().port);
  EXPECT_FALSE(second.run_until([] { return false; }));
  EXPECT_EQ(second.goaways(), 1);
  EXPECT_TRUE(second.is_closed());
  EXPECT_EQ(server->connections(), 1u);
}

TEST(GrpcServerTest, AnswersWhatHasBegunWhenItIsDrained) {
  std::promise<GrpcAnswer> asked;
  const auto server =
      start([&](const GrpcCall&, GrpcAnswer answer) { asked.set_value(std::move(answer)); });
  H2Client idle(server->address().port);
  H2Client busy(server->address().port);
  const std::int32_t id = busy.call("/a", framed(""));
  busy.send();
  idle.ping();
  idle.send();
  const GrpcAnswer answer = asked.get_future().get();
  std::future<bool> drained =
      std::async(std::launch::async, [&] { return server->drain(seconds(20)); });
  EXPECT_FALSE(idle.run_until([] { return false; }));
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(busy.run_until([&] { return busy.goaways() == 2; }));
  answer({.message = "done"});
  EXPECT_EQ(answer_to(busy, id).body, framed("done"));
  EXPECT_FALSE(busy.run_until([] { return false; }));
  EXPECT_TRUE(drained.get());
}

TEST(GrpcServerTest, MayBeDestroyedBeforeItsAnswersAreGiven) {
  std::promise<GrpcAnswer> asked;
  auto server =
      start([&](const GrpcCall&, GrpcAnswer answer) { asked.set_value(std::move(answer)); });
  H2Client client(server->address().port);
  client.call("/a", framed(""));
  client.send();
  const GrpcAnswer answer = asked.get_future().get();
  server.reset();
  answer({.message = "to nobody"});
  EXPECT_FALSE(client.run_until([] { return false; }));
}

TEST(GrpcServerTest, ForgetsCallsWhoseClientHasGone) {
  std::promise<GrpcAnswer> asked;
  const auto server = start([&](const GrpcCall& call, GrpcAnswer answer) {
    if (call.message.empty()) return asked.set_value(std::move(answer));
    answer({});
  });
  H2Client client(server->address().port);
  const std::int32_t id = client.call("/a", framed(""));
  client.send();
  const GrpcAnswer answer = asked.get_future().get();
  client.reset(id);
  answer_to(client, client.call("/a", framed("x")));
  answer({.message = "too late"});
  EXPECT_EQ(status_of(answer_to(client, client.call("/a", framed("x")))), "0");
  EXPECT_EQ(client.answer(id).body, "");
}

TEST(GrpcServerTest, ListensOnAUnixSocket) {
  const std::string path = "/tmp/weir-grpc-server-test-" + std::to_string(::getpid());
  auto server = GrpcServer::listen(*ListenAddress::parse("unix:" + path), {}, echo);
  ASSERT_TRUE(server) << server.error().to_string();
  H2Client client(path);
  EXPECT_EQ(status_of(answer_to(client, client.call("/a", framed("")))), "0");
}

TEST(GrpcServerTest, SaysWhatKeepsItFromListening) {
  const auto server = start();
  const auto second = GrpcServer::listen(server->address(), {}, echo);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(server->address().to_string()));
}

}  // namespace
}  // namespace weir::net
