#include "scan/probe/http_transport.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <functional>
#include <limits>
#include <utility>

#include "scan/probe/connection.h"
#include "scan/probe/hold.h"
#include "scan/probe/http2_flight.h"

namespace weir::scan {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kMaxInterimResponses = 8;  // 100 Continue, 103 Early Hints (RFC 9110 §15.2)

// One exchange on a connection of its own, step by step.
class Flight {
 public:
  Flight(asio::io_context& context, asio::ssl::context* tls, const net::Endpoint& endpoint,
         Clock& clock)
      : connection_(context, tls, endpoint, /*alpn=*/""), clock_(clock) {}

  // Connects (from `source`, if given), and writes all of `bytes` but the last `held`.
  void start(const std::vector<tcp::endpoint>& endpoints, const std::optional<std::string>& source,
             std::string bytes, std::size_t held, bool head_request,
             std::function<void()> when_ready) {
    bytes_ = std::move(bytes);
    held_ = std::min(held, bytes_.size());
    head_request_ = head_request;
    when_ready_ = std::move(when_ready);
    connection_.open(endpoints, source, [this](Failure failure, std::string text) {
      if (failure != Failure::none) return finish(failure, std::move(text));
      send_head();
    });
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

  void send_head() {
    write(asio::buffer(bytes_.data(), bytes_.size() - held_), [this] {
      ready_ = true;
      when_ready_();
    });
  }

  void write(asio::const_buffer buffer, std::function<void()> then) {
    connection_.write(buffer, [this, then = std::move(then)](Failure failure, std::string text) {
      if (failure != Failure::none) return finish(failure, std::move(text));
      then();
    });
  }

  void read_next_response() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(kMaxResponseHeaderBytes));
    parser_->body_limit(boost::none);
    if (head_request_) parser_->skip(true);
    connection_.with_stream([this](auto& stream) {
      http::async_read_header(stream, buffer_, *parser_,
                              [this](error_code failed, std::size_t) { header_read(failed); });
    });
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
    auto done = [this, offered](error_code failed, std::size_t) {
      if (finished_) return;
      response_.body.append(chunk_.data(), offered - parser_->get().body().size);
      if (failed && failed != http::error::need_buffer) {
        response_.truncated = true;
        // The status came; a body cut short does not change what was decided.
        return finish(Failure::none, {});
      }
      read_body();
    };
    connection_.with_stream(
        [&](auto& stream) { http::async_read_some(stream, buffer_, *parser_, std::move(done)); });
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
    connection_.close();
    if (!ready_) when_ready_();
  }

  Connection connection_;
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
    return std::make_unique<Flight>(context, tls_or_null(), endpoint, clock);
  }
  asio::ssl::context* tls_or_null() { return endpoint.is_tls() ? &tls : nullptr; }

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
  if (!requests.empty() && requests.front().version == kHttp2) {
    return fly_http2({endpoint, addresses, tls_or_null()}, requests, together, clock, deadline);
  }
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
