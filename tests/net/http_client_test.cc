#include "net/http_client.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "support/loopback_server.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LoopbackServer;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Test: yes\r\n\r\nok";

Endpoint local(std::uint16_t port) {
  return {Scheme::http, "127.0.0.1", port};
}

HttpClient make_client(HttpClientOptions options = {}) {
  return HttpClient({}, options);
}

// A server that gives `answer` to every request, and closes after it if asked to.
std::function<void(LoopbackServer::Peer&)> answering(std::string answer, bool close = false) {
  return [answer = std::move(answer), close](LoopbackServer::Peer& peer) {
    while (peer.read_request()) {
      if (!peer.write(answer) || close) return;
    }
  };
}

TEST(HttpClient, BringsTheAnswerOfTheServer) {
  std::string seen;
  LoopbackServer server([&](LoopbackServer::Peer& peer) {
    seen = peer.read_request().value_or("");
    peer.write(kOk);
  });
  HttpClient client = make_client();
  const Header header{"X-Amz-Target", "DynamoDB_20120810.UpdateItem"};
  const HttpOutcome answer = client.call(
      local(server.port()),
      {.method = "POST", .target = "/x?y", .headers = {&header, 1}, .body = "{}"}, seconds(5));
  ASSERT_TRUE(answer) << answer.error().error.to_string();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "ok");
  ASSERT_NE(answer->find("x-test"), nullptr);
  EXPECT_EQ(*answer->find("x-test"), "yes");
  EXPECT_EQ(seen,
            "POST /x?y HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nX-Amz-Target: DynamoDB_20120810.UpdateItem\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(HttpClient, ReusesItsConnection) {
  LoopbackServer server(answering(std::string(kOk)));
  HttpClient client = make_client();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.call(local(server.port()), {.method = "POST"}, seconds(5)));
  }
  EXPECT_EQ(client.connections_made(), 1u);
}

TEST(HttpClient, NoticesThatTheServerClosedAnIdleConnectionBeforeWritingToIt) {
  LoopbackServer server(answering(std::string(kOk), /*close=*/true));
  HttpClient client = make_client();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.call(local(server.port()), {.method = "POST"}, seconds(5)));
    server.wait_until_all_closed();
  }
  EXPECT_EQ(client.connections_made(), 5u);
}

TEST(HttpClient, ObeysConnectionClose) {
  LoopbackServer server(
      answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"));
  HttpClient client = make_client();
  ASSERT_TRUE(client.call(local(server.port()), {}, seconds(5)));
  ASSERT_TRUE(client.call(local(server.port()), {}, seconds(5)));
  EXPECT_EQ(client.connections_made(), 2u);
}

TEST(HttpClient, KeepsToItsNumberOfConnectionsUnderManyThreads) {
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  LoopbackServer server([&](LoopbackServer::Peer& peer) {
    while (peer.read_request()) {
      most = std::max(most.load(), ++at_once);
      std::this_thread::sleep_for(milliseconds(1));
      --at_once;
      peer.write(kOk);
    }
  });
  HttpClient client = make_client({.max_connections = 3});
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 10; ++call) {
        good += client.call(local(server.port()), {.method = "POST"}, seconds(20)).has_value();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 120);
  EXPECT_LE(most, 3);
  EXPECT_LE(client.connections_made(), 3u);
}

TEST(HttpClient, SaysNotSentWhenNothingListens) {
  HttpClient client = make_client();
  const HttpOutcome outcome = client.call(local(test::free_port()), {}, seconds(5));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().delivery, Delivery::not_sent);
  EXPECT_EQ(outcome.error().error.code, ErrorCode::unavailable);
  EXPECT_FALSE(outcome.error().error.cure.empty());
}

TEST(HttpClient, SaysUnknownWhenTheServerTakesTheRequestAndIsSilent) {
  LoopbackServer server([](LoopbackServer::Peer& peer) { peer.wait_for_close(); });
  HttpClient client = make_client();
  const HttpOutcome outcome =
      client.call(local(server.port()), {.method = "POST", .body = "{}"}, milliseconds(50));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().delivery, Delivery::unknown);
  EXPECT_EQ(outcome.error().error.code, ErrorCode::timeout);
}

TEST(HttpClient, SaysUnknownAndNeverSendsAgainWhenTheConnectionIsCutAfterSending) {
  std::atomic<int> requests{0};
  LoopbackServer server([&](LoopbackServer::Peer& peer) {
    while (peer.read_request()) {
      if (++requests > 1) return peer.reset();  // only on a connection that has been used before
      peer.write(kOk);
    }
  });
  HttpClient client = make_client();
  ASSERT_TRUE(client.call(local(server.port()), {.method = "POST"}, seconds(5)));
  const HttpOutcome outcome = client.call(local(server.port()), {.method = "POST"}, seconds(5));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().delivery, Delivery::unknown);
  EXPECT_EQ(requests, 2);
}

TEST(HttpClient, SendsASafeRequestAgainWhenItsIdleConnectionBrokeAtThatMoment) {
  std::atomic<int> requests{0};
  LoopbackServer server([&](LoopbackServer::Peer& peer) {
    while (peer.read_request()) {
      if (++requests == 2) return;
      peer.write(kOk);
    }
  });
  HttpClient client = make_client();
  ASSERT_TRUE(client.call(local(server.port()), {.method = "GET"}, seconds(5)));
  ASSERT_TRUE(client.call(local(server.port()), {.method = "GET"}, seconds(5)));
  EXPECT_EQ(requests, 3);
}

TEST(HttpClient, BearsWhateverAServerSends) {
  const std::string long_header(20'000, 'x');
  for (const std::string& answer :
       {std::string("rubbish\r\n\r\n"), std::string("\0\0\0\0", 4), std::string("HTTP/1.1 "),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"),
        "HTTP/1.1 200 OK\r\nX: " + long_header + "\r\n\r\n", std::string()}) {
    LoopbackServer server(answering(answer, /*close=*/true));
    HttpClient client = make_client();
    const HttpOutcome outcome = client.call(local(server.port()), {.method = "POST"}, seconds(5));
    ASSERT_FALSE(outcome) << answer;
    EXPECT_EQ(outcome.error().delivery, Delivery::unknown);
    EXPECT_EQ(outcome.error().error.message.find('\n'), std::string::npos);
  }
}

TEST(HttpClient, StopsReadingABodyAtItsLimit) {
  for (const bool announced : {true, false}) {
    LoopbackServer server([&](LoopbackServer::Peer& peer) {
      peer.read_request();
      peer.write(announced ? "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"
                           : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
      for (int i = 0; i < 1600 && peer.write(chunk); ++i) {
      }
    });
    HttpClient client = make_client({.max_response_bytes = 100'000});
    const HttpOutcome outcome = client.call(local(server.port()), {.method = "POST"}, seconds(5));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().error.code, ErrorCode::limit_exceeded);
  }
}

TEST(HttpClient, TakesABodyOfExactlyItsLimit) {
  LoopbackServer server(
      answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')));
  HttpClient at = make_client({.max_response_bytes = 1000});
  EXPECT_TRUE(at.call(local(server.port()), {}, seconds(5)));
  HttpClient below = make_client({.max_response_bytes = 999});
  EXPECT_FALSE(below.call(local(server.port()), {}, seconds(5)));
}

TEST(HttpClient, TakesAnAnswerThatArrivesByteByByteAndAfterInterimOnes) {
  LoopbackServer server([](LoopbackServer::Peer& peer) {
    peer.read_request();
    const std::string answer = "HTTP/1.1 100 Continue\r\n\r\n" + std::string(kOk);
    for (const char byte : answer) peer.write({&byte, 1});
    peer.wait_for_close();
  });
  HttpClient client = make_client();
  const HttpOutcome answer = client.call(local(server.port()), {.method = "POST"}, seconds(5));
  ASSERT_TRUE(answer) << answer.error().error.to_string();
  EXPECT_EQ(answer->body, "ok");
}

TEST(HttpClient, NeverWritesALineBreakIntoARequest) {
  LoopbackServer server(answering(std::string(kOk)));
  HttpClient client = make_client();
  const Header header{"X-Amz-Security-Token", "abc\r\nX-Evil: 1"};
  const HttpOutcome outcome =
      client.call(local(server.port()), {.headers = {&header, 1}}, seconds(5));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().delivery, Delivery::not_sent);
  EXPECT_FALSE(client.call(local(server.port()), {.target = "/a b"}, seconds(5)));
  EXPECT_FALSE(client.call(local(server.port()), {.method = "GE T"}, seconds(5)));
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, GivesAForkedChildItsOwnConnections) {
  LoopbackServer server(answering(std::string(kOk)));
  HttpClient client = make_client();
  ASSERT_TRUE(client.call(local(server.port()), {}, seconds(5)));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool good = client.call(local(server.port()), {}, seconds(5)).has_value();
    ::_exit(good && client.connections_made() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(client.call(local(server.port()), {}, seconds(5)));
  EXPECT_EQ(client.connections_made(), 1u);  // the parent's still works
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, LooksUpNames) {
  LoopbackServer server(answering(std::string(kOk)));
  HttpClient client = make_client();
  EXPECT_TRUE(client.call({Scheme::http, "localhost", server.port()}, {}, seconds(5)));
}

}  // namespace
}  // namespace weir::net
