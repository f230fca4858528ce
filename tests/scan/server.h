// A server on a free port of 127.0.0.1 that answers as a test wants it to: badly, mostly.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/url.h"

namespace weir::scan::test {

// Accepts connections until it is destroyed and gives each to `serve`, on a thread of its own.
class Server {
 public:
  using tcp = boost::asio::ip::tcp;

  explicit Server(std::function<void(tcp::socket&)> serve) : serve_(std::move(serve)) {
    thread_ = std::thread([this] {
      std::vector<std::thread> served;
      while (true) {
        boost::system::error_code error;
        auto socket = std::make_shared<tcp::socket>(context_);
        acceptor_.accept(*socket, error);
        if (error || stopping_) break;
        served.emplace_back([this, socket] {
          boost::system::error_code ignored;
          serve_(*socket);
          socket->close(ignored);
        });
      }
      for (std::thread& thread : served) thread.join();
    });
  }
  ~Server() {
    stopping_ = true;
    boost::system::error_code ignored;
    tcp::socket wake(context_);
    wake.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }

  net::Endpoint endpoint() const {
    return {net::Scheme::http, "127.0.0.1", acceptor_.local_endpoint().port()};
  }

 private:
  std::function<void(tcp::socket&)> serve_;
  std::atomic<bool> stopping_{false};
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
};

inline void write_text(Server::tcp::socket& socket, const std::string& text) {
  boost::system::error_code ignored;
  boost::asio::write(socket, boost::asio::buffer(text), ignored);
}

}  // namespace weir::scan::test
