#include "net/http_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "base/check.h"

namespace weir::net {
namespace http = boost::beast::http;
namespace {

constexpr int kMaxInterimResponses = 8;

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

bool is_line_text(std::string_view text, bool spaces) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte > ' ' && byte != 0x7f) || (spaces && (c == ' ' || c == '\t'));
  });
}

}  // namespace

Status write_request(const Endpoint& endpoint, const HttpRequest& request, std::string& out) {
  if (!is_token(request.method) || !request.target.starts_with('/') ||
      !is_line_text(request.target, false)) {
    return fail(ErrorCode::invalid_input,
                "the HTTP method or target holds a character it must not");
  }
  const auto into = std::back_inserter(out);
  fmt::format_to(into, "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target,
                 endpoint.authority());
  for (const Header& header : request.headers) {
    if (!is_token(header.name) || !is_line_text(header.value, true)) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("the value of the HTTP header {} holds a character it must not",
                              is_token(header.name) ? header.name : "(bad name)"),
                  "look for a line break or other control character in what it is made from");
    }
    fmt::format_to(into, "{}: {}\r\n", header.name, header.value);
  }
  // RFC 9110 §8.6: methods that expect content say its length even when it is empty.
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    fmt::format_to(into, "Content-Length: {}\r\n", request.body.size());
  }
  out += "\r\n";
  out += request.body;
  return {};
}

struct ResponseReader::State {
  using Parser = http::response_parser<http::string_body>;

  bool head_request = false;
  HttpClientOptions limits;
  std::optional<Parser> parser;
  std::string unread;  // bytes that the parser wants to see again, with more after them
  int interim = 0;

  void start() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
    parser->body_limit(limits.max_response_bytes);
    parser->eager(true);
    if (head_request) parser->skip(true);
  }

  bool is_interim() const {
    const unsigned status = parser->get().result_int();
    return status >= 100 && status < 200 && status != 101;
  }
};

ResponseReader::ResponseReader(std::string_view request_method, const HttpClientOptions& limits)
    : state_(std::make_unique<State>()) {
  state_->head_request = request_method == "HEAD";
  state_->limits = limits;
  state_->start();
}

ResponseReader::~ResponseReader() = default;

Status ResponseReader::feed(std::string_view bytes) {
  State& state = *state_;
  state.unread += bytes;
  std::size_t used = 0;
  while (used < state.unread.size()) {
    if (state.parser->is_done()) {
      return fail(ErrorCode::unavailable, "the server sent more than its answer");
    }
    boost::beast::error_code error;
    const boost::asio::const_buffer left(state.unread.data() + used, state.unread.size() - used);
    used += state.parser->put(left, error);
    if (error == http::error::need_more) break;
    if (error == http::error::body_limit || error == http::error::header_limit) {
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("the server's answer is larger than {} bytes",
                              error == http::error::body_limit ? state.limits.max_response_bytes
                                                               : state.limits.max_header_bytes));
    }
    if (error) {
      return fail(ErrorCode::unavailable,
                  fmt::format("the server's answer is not HTTP/1.1 ({})", error.message()));
    }
    if (state.parser->is_header_done() && state.parser->get().result_int() < 100) {
      return fail(ErrorCode::unavailable, "the server's answer has no status");
    }
    if (state.parser->is_done() && state.is_interim()) {
      if (++state.interim > kMaxInterimResponses) {
        return fail(ErrorCode::limit_exceeded, "the server sent too many interim responses");
      }
      state.start();
    }
  }
  state.unread.erase(0, used);
  return {};
}

Status ResponseReader::feed_end() {
  boost::beast::error_code error;
  if (state_->parser->got_some()) state_->parser->put_eof(error);
  if (!error && state_->parser->is_done()) return {};
  return fail(ErrorCode::unavailable,
              "the server closed the connection before the end of its answer");
}

bool ResponseReader::is_done() const {
  return state_->parser->is_done();
}

bool ResponseReader::keeps_alive() const {
  return state_->parser->keep_alive() && state_->unread.empty();
}

HttpResponse ResponseReader::take() {
  WEIR_CHECK(is_done());
  auto message = state_->parser->release();
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

const std::string* HttpResponse::find(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals(key, boost::beast::string_view(name.data(), name.size()))) {
      return &value;
    }
  }
  return nullptr;
}

}  // namespace weir::net
