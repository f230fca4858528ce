// ServerCore: what every server here is made of: one address, threads, and a bounded number of
// connections that can be drained. For the .cc files of servers; it brings Asio with it.
//
// Thread safety: every member may be called from any thread, except where it says otherwise.
//
//   const auto parts = std::make_shared<Parts>(...);  // derived from ServerCore
//   start_listening(parts, address, [parts](auto socket) { begin a connection });
//   parts->start_threads();
//   parts->end();
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/listen_address.h"
#include "weir/time.h"

namespace weir::net {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
using StrandTimer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Strand>;

// One connection as its server knows it. Both calls come from any thread.
class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  // Answers what has begun, takes nothing new, and ends.
  virtual void end_when_idle() = 0;
  virtual void end() = 0;
};

class ServerCore {
 public:
  ServerCore(int threads, std::size_t max_connections);
  virtual ~ServerCore() = default;
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;

  boost::asio::io_context io;
  ListenAddress address;                 // with the port that was chosen
  std::function<void()> stop_listening;  // set by start_listening()

  bool draining() const { return draining_; }

  // Runs `function` on the server's threads, or not at all once the server is gone.
  template <class Executor, class Function>
  void post(const Executor& executor, Function function) {
    const std::lock_guard lock(mutex_);
    if (!stopped_) boost::asio::post(executor, std::move(function));
  }

  // False: there are too many.
  bool add(const std::shared_ptr<ServerConnection>& connection);
  void remove(const std::shared_ptr<ServerConnection>& connection);
  std::size_t connections() const;

  // Not from the server's threads: as HttpServer::drain() and the destructors of servers promise.
  void start_threads();
  bool drain(Duration patience);
  void end();

 private:
  const int thread_count_;
  const std::size_t max_connections_;
  // Who waits for an answer is no work that Asio knows of.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::atomic<bool> draining_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable gone_;
  bool stopped_ = false;  // nobody runs what is posted
  std::set<std::shared_ptr<ServerConnection>> connections_;
  std::vector<std::thread> threads_;
};

// Removes the socket file of a server that is no more; anything else stays and is an error later.
void remove_dead_socket(boost::asio::io_context& io, const std::string& path);

namespace listening {

// While the process has no descriptor left for the next connection.
inline constexpr Duration kAcceptAgain = std::chrono::milliseconds(100);

template <class Protocol, class Begin>
class Acceptor : public std::enable_shared_from_this<Acceptor<Protocol, Begin>> {
 public:
  Acceptor(ServerCore& core, Begin begin)
      : core_(core),
        begin_(std::move(begin)),
        strand_(boost::asio::make_strand(core.io)),
        acceptor_(strand_),
        again_(strand_) {}

  boost::system::error_code open(const typename Protocol::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if constexpr (std::is_same_v<Protocol, boost::asio::ip::tcp>) {
      if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    return error;
  }

  auto local_endpoint() const { return acceptor_.local_endpoint(); }

  void accept() {
    acceptor_.async_accept(
        boost::asio::make_strand(core_.io),
        [self = this->shared_from_this()](const boost::system::error_code& error, auto socket) {
          if (error == boost::asio::error::operation_aborted || self->core_.draining()) return;
          if (error) return self->accept_later();
          self->begin_(std::move(socket));
          self->accept();
        });
  }

  void stop() {
    boost::asio::post(strand_, [self = this->shared_from_this()] {
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
      self->again_.cancel();
    });
  }

 private:
  void accept_later() {
    again_.expires_after(kAcceptAgain);
    again_.async_wait([self = this->shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->accept();
    });
  }

  ServerCore& core_;  // begin_ keeps it
  const Begin begin_;
  Strand strand_;
  boost::asio::basic_socket_acceptor<Protocol, Strand> acceptor_;
  StrandTimer again_;
};

template <class Protocol, class Begin>
Result<typename Protocol::endpoint> accept_on(ServerCore& core,
                                              const typename Protocol::endpoint& endpoint,
                                              const std::string& name, Begin begin) {
  auto acceptor = std::make_shared<Acceptor<Protocol, Begin>>(core, std::move(begin));
  if (const boost::system::error_code error = acceptor->open(endpoint)) {
    return fail(ErrorCode::invalid_input, "cannot listen on " + name + ": " + error.message(),
                "Stop what listens there, or choose another address");
  }
  core.stop_listening = [acceptor] { acceptor->stop(); };
  acceptor->accept();
  return acceptor->local_endpoint();
}

}  // namespace listening

// Gives every connection to `begin`, as a socket of TCP or of the Unix domain on a strand of its
// own. `begin` keeps the core alive.
template <class Begin>
Status start_listening(ServerCore& core, const ListenAddress& address, Begin begin) {
  namespace asio = boost::asio;
  core.address = address;
  if (address.is_unix()) {
    remove_dead_socket(core.io, address.path);
    const auto bound = listening::accept_on<asio::local::stream_protocol>(
        core, {address.path}, address.to_string(), std::move(begin));
    if (!bound) return tl::unexpected(bound.error());
    return {};
  }
  const auto host = asio::ip::make_address(address.address.to_string());
  const auto bound = listening::accept_on<asio::ip::tcp>(core, {host, address.port},
                                                         address.to_string(), std::move(begin));
  if (!bound) return tl::unexpected(bound.error());
  core.address.port = bound->port();
  return {};
}

}  // namespace weir::net
