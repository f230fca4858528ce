#include "net/http_server.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace weir::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Strand = asio::strand<asio::io_context::executor_type>;
template <class Protocol>
using StreamOf = beast::basic_stream<Protocol, Strand>;

constexpr std::size_t kReadBytes = 4096;
// While the process has no descriptor left for the next connection.
constexpr Duration kAcceptAgain = std::chrono::milliseconds(100);

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

ServerResponse plain(int status, std::string_view text) {
  return {.status = status,
          .fields = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::string(text) + "\n"};
}

// What to say of a request that cannot be read; nullopt: nobody is there to hear it.
std::optional<ServerResponse> complaint(const error_code& error) {
  if (error == http::error::header_limit) return plain(431, "the header fields are too long");
  if (error == http::error::body_limit) return plain(413, "the body is too long");
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  static const auto& kHttp = http::make_error_code(http::error::bad_method).category();
  if (error.category() == kHttp) return plain(400, "this is no HTTP/1.1 request");
  return std::nullopt;
}

// One connection as the server knows it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void end_when_idle() = 0;
  virtual void end() = 0;
};

}  // namespace

struct HttpServer::Parts {
  Parts(const HttpServerOptions& given, OnRequest function)
      : options(given),
        on_request(std::move(function)),
        io(given.threads),
        work(io.get_executor()) {}

  const HttpServerOptions options;
  const OnRequest on_request;
  asio::io_context io;
  // Who waits for an answer is no work that Asio knows of.
  asio::executor_work_guard<asio::io_context::executor_type> work;
  ListenAddress address;
  std::function<void()> stop_listening;
  std::atomic<bool> draining = false;
  std::mutex mutex;  // guards what follows
  std::condition_variable gone;
  bool stopped = false;  // nobody runs what is posted
  std::set<std::shared_ptr<Connection>> connections;
  std::vector<std::thread> threads;

  // Runs `function` on the server's threads, or not at all once the server is gone.
  template <class Executor, class Function>
  void post(const Executor& executor, Function function) {
    const std::lock_guard lock(mutex);
    if (!stopped) asio::post(executor, std::move(function));
  }

  bool add(const std::shared_ptr<Connection>& connection) {
    const std::lock_guard lock(mutex);
    if (connections.size() >= options.max_connections) return false;
    connections.insert(connection);
    return true;
  }
  void remove(const std::shared_ptr<Connection>& connection) {
    const std::lock_guard lock(mutex);
    connections.erase(connection);
    if (connections.empty()) gone.notify_all();
  }
};

namespace {

// Reads a request, has it answered, writes the answer, and again. All of it runs on its strand.
template <class Protocol, class Parts>
class Session final : public Connection,
                      public std::enable_shared_from_this<Session<Protocol, Parts>> {
 public:
  Session(StreamOf<Protocol> stream, std::shared_ptr<Parts> parts)
      : parts_(std::move(parts)), stream_(std::move(stream)) {
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      error_code failed;
      const auto peer = stream_.socket().remote_endpoint(failed);
      if (!failed) peer_ = peer.address().to_string();
      stream_.socket().set_option(asio::ip::tcp::no_delay(true), failed);
    }
  }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
      self->is_counted_ = self->parts_->add(self);
      if (self->is_counted_) return self->await_request();
      self->write(plain(503, "too many connections"), true);
    });
  }

  void end_when_idle() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
      if (self->idle_) self->close();
    });
  }
  void end() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] { self->close(); });
  }

 private:
  void await_request() {
    if (buffer_.size() > 0) return read();
    if (parts_->draining) return close();
    idle_ = true;
    stream_.expires_after(parts_->options.idle_time);
    stream_.async_read_some(
        buffer_.prepare(kReadBytes),
        [self = this->shared_from_this()](const error_code& error, std::size_t size) {
          self->idle_ = false;
          if (error) return self->close();
          self->buffer_.commit(size);
          self->read();
        });
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(parts_->options.max_header_bytes));
    parser_->body_limit(parts_->options.max_body_bytes);
    stream_.expires_after(parts_->options.request_time);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](const error_code& error, std::size_t) {
                       if (!error) return self->ask();
                       const std::optional<ServerResponse> said = complaint(error);
                       return said ? self->write(*said, true) : self->close();
                     });
  }

  void ask() {
    stream_.expires_never();
    const auto& message = parser_->get();
    request_ = {.method = view(message.method_string()),
                .target = view(message.target()),
                .fields = {},
                .body = message.body(),
                .peer = peer_};
    for (const auto& field : message)
      request_.fields.emplace_back(view(field.name_string()), view(field.value()));
    parts_->on_request(request_, [self = this->shared_from_this()](ServerResponse response) {
      self->parts_->post(self->stream_.get_executor(),
                         [self, response = std::move(response)]() mutable {
                           const bool last = !self->parser_->keep_alive() || self->parts_->draining;
                           self->write(std::move(response), last);
                         });
    });
  }

  void write(ServerResponse response, bool last) {
    auto& message = response_.emplace();
    message.result(static_cast<unsigned>(response.status));
    for (const auto& [name, value] : response.fields) message.insert(name, value);
    message.keep_alive(!last);
    if (response.status != 204 && response.status != 304)
      message.content_length(response.body.size());
    const bool is_head =
        parser_ && parser_->is_header_done() && parser_->get().method() == http::verb::head;
    if (!is_head) message.body() = std::move(response.body);
    stream_.expires_after(parts_->options.request_time);
    http::async_write(
        stream_, message,
        [self = this->shared_from_this(), last](const error_code& error, std::size_t) {
          if (error || !self->is_counted_) return self->close();
          if (last) return self->finish();
          self->await_request();
        });
  }

  // Lets the client read what was said: closing at once, with bytes unread, would reset the
  // connection and take the answer with it.
  void finish() {
    error_code ignored;
    stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    drop_the_rest();
  }
  void drop_the_rest() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBytes), [self = this->shared_from_this()](
                                                             const error_code& error, std::size_t) {
      if (error) return self->close();
      self->drop_the_rest();
    });
  }

  void close() {
    stream_.close();
    parts_->remove(this->shared_from_this());
  }

  const std::shared_ptr<Parts> parts_;  // outlives the stream
  StreamOf<Protocol> stream_;
  std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  ServerRequest request_;
  bool is_counted_ = false;  // among the connections that there may be
  bool idle_ = false;
};

template <class Protocol, class Parts>
class Acceptor : public std::enable_shared_from_this<Acceptor<Protocol, Parts>> {
 public:
  explicit Acceptor(std::shared_ptr<Parts> parts)
      : strand_(asio::make_strand(parts->io)),
        acceptor_(strand_),
        again_(strand_),
        parts_(std::move(parts)) {}

  error_code open(const typename Protocol::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  auto local_endpoint() const { return acceptor_.local_endpoint(); }

  void accept() {
    acceptor_.async_accept(asio::make_strand(parts_->io),
                           [self = this->shared_from_this()](const error_code& error, auto socket) {
                             if (error == asio::error::operation_aborted || self->parts_->draining)
                               return;
                             if (error) return self->accept_later();
                             std::make_shared<Session<Protocol, Parts>>(
                                 StreamOf<Protocol>(std::move(socket)), self->parts_)
                                 ->start();
                             self->accept();
                           });
  }

  void stop() {
    asio::post(strand_, [self = this->shared_from_this()] {
      error_code ignored;
      self->acceptor_.close(ignored);
      self->again_.cancel();
    });
  }

 private:
  void accept_later() {
    again_.expires_after(kAcceptAgain);
    again_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (!error) self->accept();
    });
  }

  Strand strand_;
  asio::basic_socket_acceptor<Protocol, Strand> acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Strand>
      again_;
  const std::shared_ptr<Parts> parts_;
};

template <class Protocol, class Parts>
Result<typename Protocol::endpoint> start_accepting(const std::shared_ptr<Parts>& parts,
                                                    const typename Protocol::endpoint& endpoint,
                                                    const std::string& name) {
  auto acceptor = std::make_shared<Acceptor<Protocol, Parts>>(parts);
  if (const error_code error = acceptor->open(endpoint)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("cannot listen on {}: {}", name, error.message()),
                "Stop what listens there, or choose another address");
  }
  parts->stop_listening = [acceptor] { acceptor->stop(); };
  acceptor->accept();
  return acceptor->local_endpoint();
}

}  // namespace

HttpServer::HttpServer(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const ListenAddress& address,
                                                       const HttpServerOptions& options,
                                                       OnRequest on_request) {
  const auto parts = std::make_shared<Parts>(options, std::move(on_request));
  parts->address = address;
  if (address.is_unix()) {
    // One that a server which is no more has left behind; anything else stays and is an error.
    struct stat found {};
    if (::lstat(address.path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
      asio::local::stream_protocol::socket probe(parts->io);
      error_code error;
      probe.connect(address.path, error);
      if (error == asio::error::connection_refused) ::unlink(address.path.c_str());
    }
    const auto bound =
        start_accepting<asio::local::stream_protocol>(parts, {address.path}, address.to_string());
    if (!bound) return tl::unexpected(bound.error());
  } else {
    const auto host = asio::ip::make_address(address.address.to_string());
    const auto bound = start_accepting<asio::ip::tcp>(
        parts, asio::ip::tcp::endpoint(host, address.port), address.to_string());
    if (!bound) return tl::unexpected(bound.error());
    parts->address.port = bound->port();
  }
  for (int i = 0; i < options.threads; ++i)
    parts->threads.emplace_back([&io = parts->io] { io.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(parts));
}

HttpServer::~HttpServer() {
  drain(Duration::zero());
  {
    const std::lock_guard lock(parts_->mutex);
    for (const auto& connection : parts_->connections) connection->end();
    parts_->stopped = true;
  }
  // The threads end when nothing is left to do: no handler stays behind that holds what holds it.
  parts_->work.reset();
  for (std::thread& thread : parts_->threads) thread.join();
  parts_->stop_listening = nullptr;
  if (parts_->address.is_unix()) ::unlink(parts_->address.path.c_str());
}

const ListenAddress& HttpServer::address() const {
  return parts_->address;
}

std::size_t HttpServer::connections() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->connections.size();
}

bool HttpServer::drain(Duration patience) {
  parts_->draining = true;
  parts_->stop_listening();
  std::unique_lock lock(parts_->mutex);
  for (const auto& connection : parts_->connections) connection->end_when_idle();
  return parts_->gone.wait_for(lock, patience, [&] { return parts_->connections.empty(); });
}

}  // namespace weir::net
