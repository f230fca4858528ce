#include "scan/probe/http_transport.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <functional>
#include <limits>
#include <utility>

namespace weir::scan {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kMaxInterimResponses = 8;  // 100 Continue, 103 Early Hints (RFC 9110 §15.2)
// Between the held requests and their last bytes: time for the first parts to arrive and be read.
constexpr auto kHold = std::chrono::milliseconds(60);

// One exchange on a connection of its own, step by step. `plain_` carries the bytes; with TLS,
// `tls_` wraps it.
class Flight {
 public:
  Flight(asio::io_context& context, asio::ssl::context* tls, const std::string& host,
         bool host_is_address, Clock& clock)
      : socket_(context), clock_(clock) {
    if (tls == nullptr) return;
    tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, *tls);
    // RFC 6066 §3: no server name indication for addresses.
    // SSL_ctrl is what the macro SSL_set_tlsext_host_name stands for, without its C cast.
    if (host_is_address) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_->native_handle()), host.c_str());
    } else {
      std::string name = host;
      SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               name.data());
      SSL_set1_host(tls_->native_handle(), host.c_str());
    }
  }

  // Connects (from `source`, if given), and writes all of `bytes` but the last `held`.
  void start(const std::vector<tcp::endpoint>& endpoints, const std::optional<std::string>& source,
             std::string bytes, std::size_t held, bool head_request,
             std::function<void()> when_ready) {
    bytes_ = std::move(bytes);
    held_ = std::min(held, bytes_.size());
    head_request_ = head_request;
    when_ready_ = std::move(when_ready);
    connect(endpoints, 0, source);
  }

  // Sends what was held back. Returns at once.
  void release() {
    if (finished_ || !ready_) return;
    response_.sent = clock_.now();
    const auto rest = asio::buffer(bytes_.data() + bytes_.size() - held_, held_);
    if (held_ == 0) return read_next_response();
    write(rest, [this] { read_next_response(); });
  }

  bool ready() const { return ready_; }
  bool finished() const { return finished_; }

  void give_up() {
    if (!finished_) finish(Failure::timeout, "no complete answer before the deadline");
  }

  Response take() { return std::move(response_); }

 private:
  using Parser = http::response_parser<http::buffer_body>;

  void connect(const std::vector<tcp::endpoint>& endpoints, std::size_t index,
               const std::optional<std::string>& source) {
    error_code error;
    const tcp::endpoint& endpoint = endpoints[index];
    socket_.close(error);
    socket_.open(endpoint.protocol(), error);
    if (!error) socket_.set_option(tcp::no_delay(true), error);
    if (!error && source) {
      const auto address = asio::ip::make_address(*source, error);
      if (!error) socket_.bind(tcp::endpoint(address, 0), error);
    }
    if (error) return finish(Failure::unreachable, error.message());
    socket_.async_connect(endpoint, [this, &endpoints, index, source](error_code failed) {
      if (finished_) return;
      if (failed && index + 1 < endpoints.size()) return connect(endpoints, index + 1, source);
      if (failed) return finish(Failure::unreachable, failed.message());
      shake_hands();
    });
  }

  void shake_hands() {
    if (!tls_) return send_head();
    tls_->async_handshake(asio::ssl::stream_base::client, [this](error_code failed) {
      if (finished_) return;
      if (failed) {
        const long verdict = SSL_get_verify_result(tls_->native_handle());
        return finish(Failure::tls, verdict != X509_V_OK ? X509_verify_cert_error_string(verdict)
                                                         : failed.message());
      }
      send_head();
    });
  }

  void send_head() {
    write(asio::buffer(bytes_.data(), bytes_.size() - held_), [this] {
      ready_ = true;
      when_ready_();
    });
  }

  template <class Then>
  void write(asio::const_buffer buffer, Then then) {
    auto done = [this, then](error_code failed, std::size_t) {
      if (finished_) return;
      // A server may answer and close before it has read everything: its answer still counts.
      if (failed && failed != asio::error::broken_pipe && failed != asio::error::connection_reset) {
        return finish(Failure::closed, failed.message());
      }
      then();
    };
    if (tls_) {
      asio::async_write(*tls_, buffer, done);
    } else {
      asio::async_write(socket_, buffer, done);
    }
  }

  void read_next_response() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(kMaxResponseHeaderBytes));
    parser_->body_limit(boost::none);
    if (head_request_) parser_->skip(true);
    const auto done = [this](error_code failed, std::size_t) { header_read(failed); };
    if (tls_) {
      http::async_read_header(*tls_, buffer_, *parser_, done);
    } else {
      http::async_read_header(socket_, buffer_, *parser_, done);
    }
  }

  void header_read(error_code failed) {
    if (finished_) return;
    if (failed) return finish(failure_of(failed), failed.message());
    const int status = static_cast<int>(parser_->get().result_int());
    if (status < 100) return finish(Failure::malformed, "the status has no meaning");
    if (status < 200 && ++interim_ <= kMaxInterimResponses) {
      return read_next_response();
    }
    response_.status = status;
    for (const auto& field : parser_->get()) {
      response_.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    read_body();
  }

  void read_body() {
    if (parser_->is_done()) return finish(Failure::none, {});
    if (response_.body.size() >= kMaxBodyBytes) {
      response_.truncated = true;
      return finish(Failure::none, {});
    }
    parser_->get().body().data = chunk_.data();
    parser_->get().body().size = std::min(chunk_.size(), kMaxBodyBytes - response_.body.size());
    const std::size_t offered = parser_->get().body().size;
    const auto done = [this, offered](error_code failed, std::size_t) {
      if (finished_) return;
      response_.body.append(chunk_.data(), offered - parser_->get().body().size);
      if (failed && failed != http::error::need_buffer) {
        response_.truncated = true;
        // The status came; a body cut short does not change what was decided.
        return finish(Failure::none, {});
      }
      read_body();
    };
    if (tls_) {
      http::async_read_some(*tls_, buffer_, *parser_, done);
    } else {
      http::async_read_some(socket_, buffer_, *parser_, done);
    }
  }

  static Failure failure_of(const error_code& error) {
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error == asio::error::eof || error == asio::error::connection_reset ||
        error == asio::ssl::error::stream_truncated) {
      return Failure::closed;
    }
    if (&error.category() == &http::make_error_code(http::error::bad_version).category()) {
      return Failure::malformed;
    }
    return Failure::closed;
  }

  void finish(Failure failure, std::string text) {
    finished_ = true;
    if (failure != Failure::none && response_.status != 0) {
      response_.truncated = true;  // the deadline came while the body was read
    } else {
      response_.failure = failure;
      response_.failure_text = std::move(text);
    }
    response_.answered = clock_.now();
    if (response_.sent == Time{}) response_.sent = response_.answered;
    error_code ignored;
    socket_.close(ignored);
    if (!ready_) when_ready_();
  }

  tcp::socket socket_;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls_;
  Clock& clock_;
  std::string bytes_;
  std::size_t held_ = 0;
  bool head_request_ = false;
  bool ready_ = false;
  bool finished_ = false;
  int interim_ = 0;
  std::function<void()> when_ready_;
  boost::beast::flat_buffer buffer_{kMaxResponseHeaderBytes + 16 * 1024};
  std::optional<Parser> parser_;
  std::array<char, 16 * 1024> chunk_{};
  Response response_;
};

}  // namespace

struct HttpTransport::State {
  State(const net::Endpoint& the_endpoint, Clock& the_clock, HttpOptions the_options)
      : endpoint(the_endpoint), clock(the_clock), options(the_options) {}

  std::vector<Response> fly(std::span<const Request> requests, bool together, Duration deadline);
  std::unique_ptr<Flight> flight(asio::io_context& context) {
    return std::make_unique<Flight>(context, endpoint.is_tls() ? &tls : nullptr, endpoint.host,
                                    endpoint.host_is_address(), clock);
  }

  net::Endpoint endpoint;
  Clock& clock;
  HttpOptions options;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::vector<tcp::endpoint> addresses;
};

Result<std::unique_ptr<HttpTransport>> HttpTransport::create(const net::Endpoint& endpoint,
                                                             Clock& clock, HttpOptions options) {
  auto state = std::make_unique<State>(endpoint, clock, options);
  error_code error;
  if (endpoint.is_tls()) {
    state->tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                               asio::ssl::context::no_tlsv1_1,
                           error);
    state->tls.set_default_verify_paths(error);
    state->tls.set_verify_mode(options.verify_tls ? asio::ssl::verify_peer : asio::ssl::verify_none,
                               error);
  }
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port), error);
  if (error || found.empty()) {
    return fail(ErrorCode::unavailable,
                endpoint.to_string() + ": the name has no address (" + error.message() + ")",
                "Check the host in the URL");
  }
  for (const auto& entry : found) state->addresses.push_back(entry.endpoint());
  return std::unique_ptr<HttpTransport>(new HttpTransport(std::move(state)));
}

HttpTransport::HttpTransport(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpTransport::~HttpTransport() = default;

std::vector<Response> HttpTransport::State::fly(std::span<const Request> requests, bool together,
                                                Duration deadline) {
  asio::io_context context;
  std::vector<std::unique_ptr<Flight>> flights;
  std::size_t waiting = requests.size();
  asio::steady_timer hold(context);
  const auto release_all = [&] {
    for (const auto& flight : flights) flight->release();
  };
  const auto ready = [&] {
    if (--waiting > 0) return;
    if (!together) return release_all();
    hold.expires_after(kHold);
    hold.async_wait([&](error_code) { release_all(); });
  };
  for (std::size_t i = 0; i < requests.size(); ++i) flights.push_back(flight(context));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    flights[i]->start(addresses, requests[i].source_address,
                      serialise(requests[i], endpoint.authority()), together ? 1 : 0,
                      requests[i].method == "HEAD", ready);
  }
  context.run_for(deadline);
  std::vector<Response> responses;
  for (const auto& flight : flights) {
    flight->give_up();
    responses.push_back(flight->take());
  }
  context.run_for(std::chrono::milliseconds(50));  // the handlers of what was just closed
  return responses;
}

Response HttpTransport::send(const Request& request) {
  return std::move(state_->fly(std::span(&request, 1), false, state_->options.deadline).front());
}

std::vector<Response> HttpTransport::send_together(std::span<const Request> requests) {
  return state_->fly(requests.first(std::min(requests.size(), kMaxTogether)), true,
                     state_->options.deadline);
}

std::vector<Response> HttpTransport::send_while_holding(
    const Request& held, const Request& request, Duration patience,
    const std::function<bool(const Response&)>& go_on) {
  asio::io_context context;
  const auto flight = state_->flight(context);
  flight->start(state_->addresses, held.source_address,
                serialise(held, state_->endpoint.authority()), 1, held.method == "HEAD",
                [&context] { context.stop(); });
  context.run_for(state_->options.deadline);
  std::vector<Response> responses;
  if (flight->ready()) {
    while (true) {
      responses.push_back(std::move(state_->fly(std::span(&request, 1), false, patience).front()));
      if (!responses.back().ok() || !go_on(responses.back())) break;
    }
    flight->release();
    context.restart();
    context.run_for(state_->options.deadline);
  }
  flight->give_up();
  responses.push_back(flight->take());
  context.restart();
  context.run_for(std::chrono::milliseconds(50));  // the handlers of what was just closed
  return responses;
}

bool HttpTransport::is_loopback() const {
  for (const tcp::endpoint& address : state_->addresses) {
    if (!address.address().is_loopback()) return false;
  }
  return true;
}

bool HttpTransport::is_loopback_v4() const {
  // Connections go to the first address that accepts them; a source address must suit all.
  for (const tcp::endpoint& address : state_->addresses) {
    if (!address.address().is_v4()) return false;
  }
  return is_loopback();
}

}  // namespace weir::scan
