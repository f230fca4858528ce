// The proxy between a client and a server that say, byte by byte, what a test wants.
#include "tap/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/system_clock.h"
#include "support/loopback_server.h"
#include "support/raw_client.h"

namespace weir::tap {
namespace {

using std::chrono::seconds;
using test::LoopbackServer;
using test::RawClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string request(std::string_view operation, std::string_view body = "{}") {
  return "POST / HTTP/1.1\r\nhost: here\r\nX-Amz-Target: DynamoDB_20120810." +
         std::string(operation) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

std::string answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

// All that a proxy says that it saw.
class Sightings {
 public:
  void operator()(Exchange seen) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(seen));
  }
  std::vector<Exchange> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Exchange> all_;
};

class ProxyTest : public testing::Test {
 protected:
  std::unique_ptr<Proxy> start(std::uint16_t upstream, decltype(ProxyOptions::sign) sign = {}) {
    auto proxy = Proxy::start({.listen = *net::ListenAddress::parse("127.0.0.1:0"),
                               .upstream = {net::Scheme::http, "127.0.0.1", upstream},
                               .sign = std::move(sign),
                               .saw = std::ref(seen_)},
                              clock_);
    EXPECT_TRUE(proxy) << proxy.error().to_string();
    return *std::move(proxy);
  }

  base::SystemClock clock_;
  Sightings seen_;
};

TEST_F(ProxyTest, PassesEveryByteOnInBothDirections) {
  const std::vector<std::string> requests = {request("GetItem"),
                                             "GET /odd?q#f HTTP/1.1\r\nHOST:x\r\nx-y:  z \r\n\r\n",
                                             request("PutItem", std::string(5'000'000, 'p'))};
  const std::vector<std::string> answers = {
      "HTTP/1.1 200 Fine\r\nx-amz-crc32: 1\r\nX-B:  c \r\nContent-Length: 2\r\n\r\n{}",
      "HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n"
      "2;ext=1\r\n{}\r\n000\r\nTrailer: t\r\n\r\n",
      answer(std::string(17'000'000, 'a') + "the last bytes of it")};
  LoopbackServer upstream([&](LoopbackServer::Peer& peer) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_TRUE(peer.read_request() == requests[i]) << "request " << i;
      peer.write(answers[i]);
    }
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    client.send(requests[i]);
    EXPECT_TRUE(client.read_until(answers[i].substr(answers[i].size() - 20)) == answers[i])
        << "answer " << i;
  }
  EXPECT_EQ(upstream.connections(), 1);
}

TEST_F(ProxyTest, SaysWhatItSawBeforeTheApplicationHasTheAnswer) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (peer.read_request()) peer.write(answer("{\"A\":1}"));
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  client.send(request("UpdateItem", "{\"T\":2}"));
  client.read_until("{\"A\":1}");
  const std::vector<Exchange> all = seen_.all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].operation, "UpdateItem");
  EXPECT_EQ(all[0].request.body, "{\"T\":2}");
  EXPECT_EQ(all[0].answer.status, 200);
  EXPECT_EQ(all[0].answer.body, "{\"A\":1}");
  EXPECT_EQ(all[0].request.wire + all[0].answer.wire, "");
  EXPECT_GE(all[0].took, Duration::zero());
  EXPECT_EQ(proxy->exchanges(), 1u);
}

TEST_F(ProxyTest, AnswersPipelinedRequestsInTheirOrder) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (const auto asked = peer.read_request()) {
      peer.write(answer(asked->find("First") != std::string::npos ? "1" : "2"));
    }
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  client.send(request("First") + request("Second"));
  EXPECT_EQ(client.read_until(answer("2")), answer("1") + answer("2"));
}

TEST_F(ProxyTest, GivesEachConnectionOneOfItsOwn) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (peer.read_request()) peer.write(answer("ok"));
  });
  const auto proxy = start(upstream.port());
  RawClient one(proxy->address().port);
  RawClient other(proxy->address().port);
  for (RawClient* client : {&one, &other, &one, &other}) {
    client->send(request("GetItem"));
    EXPECT_EQ(client->read_until("ok"), answer("ok"));
  }
  EXPECT_EQ(upstream.connections(), 2);
  const std::vector<Exchange> all = seen_.all();
  EXPECT_EQ(all[0].connection, all[2].connection);
  EXPECT_NE(all[0].connection, all[1].connection);
}

TEST_F(ProxyTest, LetsAClientThatWaitsToSendItsBodyGoOn) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (peer.read_request()) peer.write(answer("ok"));
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  EXPECT_EQ(client.read_until("ok"), answer("ok"));
}

TEST_F(ProxyTest, EndsItsConnectionWhereTheClientOrTheAnswerSaysSo) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    const auto asked = peer.read_request();
    peer.write(asked->find("close") != std::string::npos ? answer("{}")
                                                         : "HTTP/1.0 200 OK\r\n\r\nto the end");
  });
  const auto proxy = start(upstream.port());
  RawClient asks(proxy->address().port);
  asks.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(asks.read_all(), answer("{}"));
  RawClient told(proxy->address().port);
  told.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(told.read_all(), "HTTP/1.0 200 OK\r\n\r\nto the end");
}

TEST_F(ProxyTest, ConnectsAnewOnceTheUpstreamHasEndedAnIdleConnection) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    if (peer.read_request()) peer.write(answer("ok"));
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  for (int i = 1; i <= 3; ++i) {
    client.send(request("GetItem"));
    EXPECT_EQ(client.read_until("ok"), answer("ok"));
    upstream.wait_until_all_closed();
    EXPECT_EQ(upstream.connections(), i);
  }
}

TEST_F(ProxyTest, SaysAs502ThatTheUpstreamIsNotThereAndGoesOn) {
  const auto proxy = start(test::free_port());
  RawClient client(proxy->address().port);
  for (int i = 0; i < 2; ++i) {
    client.send(request("GetItem"));
    const std::string said = client.read_until("}");
    EXPECT_THAT(said, StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
    EXPECT_THAT(said,
                HasSubstr("#WeirTapCannotAskUpstream\",\"message\":\"cannot connect to http"));
  }
  EXPECT_FALSE(client.is_closed());
  EXPECT_EQ(seen_.all().at(0).answer.status, 502);
}

TEST_F(ProxyTest, EndsTheConnectionWithoutAnAnswerWhereTheUpstreamDoes) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  client.send(request("UpdateItem"));
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(upstream.connections(), 1);  // and nothing is sent twice
  ASSERT_EQ(seen_.all().size(), 1u);
  EXPECT_EQ(seen_.all()[0].answer.status, 0);
}

TEST_F(ProxyTest, AnswersWhatIsNoHttpWith400AndEndsIt) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) { peer.read_request(); });
  const auto proxy = start(upstream.port());
  for (const std::string& hostile :
       {std::string("\x16\x03\x01\x02 TLS\r\n\r\n"),
        "GET / HTTP/1.1\r\nX: " + std::string(70'000, 'x'),
        std::string("POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")}) {
    RawClient client(proxy->address().port);
    client.send(hostile);
    EXPECT_THAT(client.read_until("}"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    client.read_all();
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(upstream.connections(), 0);
  EXPECT_EQ(proxy->exchanges(), 0u);
}

TEST_F(ProxyTest, AClientThatLeavesInTheMiddleLeavesNothingBehind) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (peer.read_request()) peer.write(answer("ok"));
  });
  const auto proxy = start(upstream.port());
  for (int i = 0; i < 600; ++i) {  // more than there may be at once
    RawClient leaver(proxy->address().port);
    leaver.send("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf");
  }
  std::string said;
  while (said.empty()) {  // while some of them are still to be noticed
    RawClient client(proxy->address().port);
    client.send(request("GetItem"));
    said = client.read_until("ok");
  }
  EXPECT_EQ(said, answer("ok"));
}

TEST_F(ProxyTest, TakesNoMoreConnectionsThanItsBound) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (peer.read_request()) peer.write(answer("ok"));
  });
  const auto proxy = start(upstream.port());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < kMaxConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(proxy->address().port));
    clients.back()->send(request("GetItem"));
    ASSERT_EQ(clients.back()->read_until("ok"), answer("ok"));
  }
  RawClient beyond(proxy->address().port);
  EXPECT_EQ(beyond.read_all(), "");
  EXPECT_TRUE(beyond.is_closed());
}

TEST_F(ProxyTest, SignsAnewWhatItIsToldToSign) {
  std::promise<std::string> arrived;
  LoopbackServer upstream([&](LoopbackServer::Peer& peer) {
    arrived.set_value(*peer.read_request());
    peer.write(answer("ok"));
    peer.wait_for_close();
  });
  const auto proxy = start(upstream.port(), [](const Message& signed_one) -> Result<Fields> {
    return Fields{{"Authorization", "for " + signed_one.body}};
  });
  RawClient client(proxy->address().port);
  client.send(request("GetItem", "{\"K\":3}"));
  EXPECT_EQ(client.read_until("ok"), answer("ok"));
  EXPECT_EQ(arrived.get_future().get(),
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(upstream.port()) +
                "\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\nAuthorization: for {\"K\":3}\r\n"
                "Content-Length: 7\r\n\r\n{\"K\":3}");
}

TEST_F(ProxyTest, SaysAs502ThatItCannotSign) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) { peer.read_request(); });
  const auto proxy = start(upstream.port(), [](const Message&) -> Result<Fields> {
    return fail(ErrorCode::unauthorized, "no credentials");
  });
  RawClient client(proxy->address().port);
  client.send(request("GetItem"));
  EXPECT_THAT(client.read_until("}"), HasSubstr("no credentials"));
  EXPECT_EQ(upstream.connections(), 0);
}

TEST_F(ProxyTest, StopLetsWhatHasBegunEndAndClosesTheIdle) {
  std::promise<void> asked;
  std::promise<void> go_on;
  LoopbackServer upstream([&](LoopbackServer::Peer& peer) {
    peer.read_request();
    asked.set_value();
    go_on.get_future().wait();
    peer.write(answer("late"));
    peer.wait_for_close();
  });
  const auto proxy = start(upstream.port());
  RawClient idle(proxy->address().port);
  RawClient busy(proxy->address().port);
  busy.send(request("GetItem"));
  asked.get_future().wait();
  std::thread stopping([&] { proxy->stop(seconds(60)); });
  EXPECT_EQ(idle.read_all(), "");  // closed while the other one still waits
  go_on.set_value();
  EXPECT_EQ(busy.read_all(), answer("late"));
  stopping.join();
}

TEST_F(ProxyTest, StopWithoutPatienceEndsWhatWaits) {
  std::promise<void> asked;
  LoopbackServer upstream([&](LoopbackServer::Peer& peer) {
    peer.read_request();
    asked.set_value();
    peer.wait_for_close();
  });
  const auto proxy = start(upstream.port());
  RawClient client(proxy->address().port);
  client.send(request("GetItem"));
  asked.get_future().wait();
  proxy->stop(Duration::zero());
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(ProxyTest, ServesManyClientsAtOnceAndMixesNothingUp) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (const auto asked = peer.read_request()) {
      peer.write(answer(asked->substr(asked->find("\r\n\r\n") + 4)));
    }
  });
  const auto proxy = start(upstream.port());
  std::vector<std::thread> clients;
  std::atomic<int> wrong = 0;
  for (int c = 0; c < 16; ++c) {
    clients.emplace_back([&, c] {
      RawClient client(proxy->address().port);
      for (int i = 0; i < 50; ++i) {
        const std::string body = "{" + std::to_string(1000 * c + i) + "}";
        client.send(request("GetItem", body));
        if (client.read_until("}") != answer(body)) ++wrong;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(seen_.all().size(), 800u);
}

// -- what a treatment does

struct Treated {
  std::string got;  // by the client, until the connection ended
  bool reached = false;
  Exchange seen = {};
};

TEST_F(ProxyTest, TreatsAnExchangeAsItIsTold) {
  const auto treated = [this](Treatment treatment) {
    Sightings sightings;
    std::atomic<bool> reached = false;
    LoopbackServer upstream([&](LoopbackServer::Peer& peer) {
      while (peer.read_request()) {
        reached = true;
        peer.write(answer("real"));
      }
    });
    const auto proxy = Proxy::start({.listen = *net::ListenAddress::parse("127.0.0.1:0"),
                                     .upstream = {net::Scheme::http, "127.0.0.1", upstream.port()},
                                     .treat = [&](const Call&) { return treatment; },
                                     .saw = std::ref(sightings)},
                                    clock_);
    RawClient client((*proxy)->address().port);
    client.send("POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    Treated result{.got = client.read_all()};
    result.reached = reached;
    result.seen = sightings.all().at(0);
    return result;
  };
  using Kind = Treatment::Kind;
  const std::string made = answer("made up");

  const Treated passed = treated({});
  EXPECT_EQ(passed.got, answer("real"));
  EXPECT_EQ(passed.seen.fault, "");

  const Treated answered = treated({.kind = Kind::answer, .name = "500", .answer = made});
  EXPECT_EQ(answered.got, made);
  EXPECT_FALSE(answered.reached);
  EXPECT_EQ(answered.seen.answer.body, "made up");
  EXPECT_EQ(answered.seen.fault, "500");

  const Treated replaced = treated({.kind = Kind::replace, .answer = made});
  EXPECT_EQ(replaced.got, made);
  EXPECT_TRUE(replaced.reached);

  const Treated cut = treated({.kind = Kind::cut});
  EXPECT_EQ(cut.got, "");
  EXPECT_FALSE(cut.reached);
  EXPECT_EQ(cut.seen.answer.status, 0);

  const Treated lost = treated({.kind = Kind::lose});
  EXPECT_EQ(lost.got, "");
  EXPECT_TRUE(lost.reached);
  EXPECT_EQ(lost.seen.answer.status, 0);

  const Treated late = treated({.delay = std::chrono::milliseconds(20)});
  EXPECT_EQ(late.got, answer("real"));
  EXPECT_GE(late.seen.took, std::chrono::milliseconds(20));
}

TEST_F(ProxyTest, SilenceLastsUntilTheClientGivesUp) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) { peer.read_request(); });
  const auto proxy =
      Proxy::start({.listen = *net::ListenAddress::parse("127.0.0.1:0"),
                    .upstream = {net::Scheme::http, "127.0.0.1", upstream.port()},
                    .treat = [](const Call&) { return Treatment{.kind = Treatment::Kind::silent}; },
                    .saw = std::ref(seen_)},
                   clock_);
  {
    RawClient client((*proxy)->address().port);
    client.send(request("GetItem"));
    while (seen_.all().empty()) std::this_thread::yield();
  }
  (*proxy)->stop(std::chrono::minutes(10));  // returns as soon as the client is gone
  EXPECT_EQ(upstream.connections(), 0);
}

TEST_F(ProxyTest, StopEndsSilenceAndDelay) {
  LoopbackServer upstream([](LoopbackServer::Peer& peer) {
    while (peer.read_request()) peer.write(answer("late"));
  });
  for (const Treatment& treatment :
       {Treatment{.kind = Treatment::Kind::silent}, Treatment{.delay = std::chrono::minutes(10)}}) {
    std::promise<void> asked;
    const auto proxy = Proxy::start({.listen = *net::ListenAddress::parse("127.0.0.1:0"),
                                     .upstream = {net::Scheme::http, "127.0.0.1", upstream.port()},
                                     .treat =
                                         [&](const Call&) {
                                           asked.set_value();
                                           return treatment;
                                         }},
                                    clock_);
    RawClient client((*proxy)->address().port);
    client.send(request("GetItem"));
    asked.get_future().wait();
    (*proxy)->stop(Duration::zero());
  }
}

}  // namespace
}  // namespace weir::tap
