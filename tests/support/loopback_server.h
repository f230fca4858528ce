// LoopbackServer: a real server on 127.0.0.1 whose behaviour on each connection a test writes as a
// function. For showing how a client bears answers that no real service would give on request.
//
// Thread safety: the function runs on one thread for each connection, at once.
//
//   LoopbackServer server([](LoopbackServer::Peer& peer) {
//     while (peer.read_request()) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
//   });
//   connect to server.port()
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace weir::test {

class LoopbackServer {
 public:
  class Peer {
   public:
    explicit Peer(int descriptor) : descriptor_(descriptor) {}

    int descriptor() const { return descriptor_; }
    // The next HTTP request with its body (by Content-Length), or nullopt once the client is gone.
    std::optional<std::string> read_request();
    // False once the client is gone.
    bool write(std::string_view bytes);
    // Waits until the client closes.
    void wait_for_close();
    // Closes with a reset instead of an orderly end.
    void reset();

   private:
    int descriptor_;
    std::string unread_;
  };

  explicit LoopbackServer(std::function<void(Peer&)> on_connection);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_.load(); }  // ever accepted
  // Returns once every connection has ended on this side.
  void wait_until_all_closed();

 private:
  struct Connection {
    std::thread thread;
    bool ended = false;
  };

  void accept_all();
  void join_ended();  // with mutex_ held

  std::function<void(Peer&)> on_connection_;
  std::uint16_t port_ = 0;
  int listener_;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::condition_variable closed_;
  bool stopping_ = false;
  std::set<int> open_;
  std::list<Connection> connections_served_;
  std::thread acceptor_;
};

// A port of 127.0.0.1 on which nothing listens.
std::uint16_t free_port();

}  // namespace weir::test
