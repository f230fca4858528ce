#include "net/http_server.h"

#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "net/server_core.h"

namespace weir::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
template <class Protocol>
using StreamOf = beast::basic_stream<Protocol, Strand>;

constexpr std::size_t kReadBytes = 4096;

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

}  // namespace

struct HttpServer::Parts : ServerCore {
  Parts(const HttpServerOptions& given, OnRequest function)
      : ServerCore(given.threads, given.max_connections),
        options(given),
        on_request(std::move(function)) {}

  const HttpServerOptions options;
  const OnRequest on_request;
};

namespace {

// Reads a request, has it answered, writes the answer, and again. All of it runs on its strand.
template <class Protocol, class Parts>
class Session final : public ServerConnection,
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
    if (parts_->draining()) return close();
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
      self->parts_->post(
          self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
            const bool last = !self->parser_->keep_alive() || self->parts_->draining();
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

}  // namespace

HttpServer::HttpServer(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const ListenAddress& address,
                                                       const HttpServerOptions& options,
                                                       OnRequest on_request) {
  const auto parts = std::make_shared<Parts>(options, std::move(on_request));
  Status listening = start_listening(*parts, address, [parts](auto socket) {
    using Protocol = typename decltype(socket)::protocol_type;
    std::make_shared<Session<Protocol, Parts>>(StreamOf<Protocol>(std::move(socket)), parts)
        ->start();
  });
  if (!listening) return tl::unexpected(listening.error());
  parts->start_threads();
  return std::unique_ptr<HttpServer>(new HttpServer(parts));
}

HttpServer::~HttpServer() {
  parts_->end();
}

const ListenAddress& HttpServer::address() const {
  return parts_->address;
}

std::size_t HttpServer::connections() const {
  return parts_->connections();
}

bool HttpServer::drain(Duration patience) {
  return parts_->drain(patience);
}

}  // namespace weir::net
