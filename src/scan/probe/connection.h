// One connection to the target, plain or TLS, step by step on an io_context: what HTTP/1.1 and
// HTTP/2 exchanges both begin with.
//
// No step calls back once close() was called. Thread safety: one thread at a time.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/url.h"
#include "scan/probe/message.h"

namespace weir::scan {

class Connection {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  // Failure::none: the step is done.
  using Done = std::function<void(Failure, std::string)>;

  // `tls` is null for a plain connection; then `alpn`, the one protocol to offer, says nothing.
  Connection(boost::asio::io_context& context, boost::asio::ssl::context* tls,
             const net::Endpoint& endpoint, const std::string& alpn);

  // Tries the addresses in order, from the local address `source` if that is given, then shakes
  // hands. `endpoints` outlives the connection.
  void open(const Endpoints& endpoints, std::optional<std::string> source, Done done);

  // Writes all of `buffer`, which stays where it is until then. That the peer has closed is no
  // failure here: it may have answered before it had read everything.
  void write(boost::asio::const_buffer buffer, Done done);

  // The protocol that the peer chose, "h2"; empty if it chose none.
  std::string protocol() const;

  // use(stream) with the stream that carries the bytes: the socket, or TLS around it.
  template <class Use>
  void with_stream(Use use) {
    if (tls_) {
      use(*tls_);
    } else {
      use(socket_);
    }
  }

  void close();
  bool is_closed() const { return closed_; }

 private:
  void connect(const Endpoints& endpoints, std::size_t index, std::optional<std::string> source,
               Done done);
  void shake_hands(const Done& done);

  Socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
  bool closed_ = false;
};

}  // namespace weir::scan
