#include "tap/message.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <variant>

#include "base/ascii.h"
#include "base/check.h"

namespace weir::tap {
namespace http = boost::beast::http;
namespace {

constexpr int kMaxInterimResponses = 8;
constexpr int kGzip = 16 + MAX_WBITS;  // zlib: only the gzip format

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return base::equals_ignoring_case(a, b);
}

struct MessageReader::State {
  using Request = http::request_parser<http::string_body>;
  using Response = http::response_parser<http::string_body>;

  explicit State(Side the_side) : side(the_side) { start(); }

  void start() {
    if (side == Side::request) {
      prepare(parser.emplace<Request>());
    } else {
      auto& response = parser.emplace<Response>();
      prepare(response);
      response.skip(no_body);
    }
  }

  template <class Parser>
  static void prepare(Parser& parser) {
    parser.header_limit(static_cast<std::uint32_t>(kMaxHeaderBytes));
    parser.body_limit(kMaxBodyBytes);
    parser.eager(true);
  }

  template <class Visit>
  auto visit(Visit with) const {
    return side == Side::request ? with(std::get<Request>(parser))
                                 : with(std::get<Response>(parser));
  }
  template <class Visit>
  auto visit(Visit with) {
    return side == Side::request ? with(std::get<Request>(parser))
                                 : with(std::get<Response>(parser));
  }

  bool is_done() const {
    return visit([](const auto& one) { return one.is_done(); });
  }
  bool is_interim() const {
    if (side == Side::request) return false;
    const unsigned status = std::get<Response>(parser).get().result_int();
    return status >= 100 && status < 200 && status != 101;
  }

  Status advance() {
    std::size_t used = 0;
    Status result;
    while (result && used < unread.size() && !is_done()) {
      boost::beast::error_code error;
      const boost::asio::const_buffer left(unread.data() + used, unread.size() - used);
      used += visit([&](auto& one) { return one.put(left, error); });
      if (error == http::error::need_more) break;
      if (error == http::error::body_limit || error == http::error::header_limit) {
        result = fail(ErrorCode::limit_exceeded, "the message is larger than DynamoDB's are");
      } else if (error) {
        result = fail(ErrorCode::invalid_input,
                      fmt::format("the message is not HTTP/1.1 ({})", error.message()));
      }
      if (result && is_done() && is_interim()) {
        if (++interim > kMaxInterimResponses) {
          result = fail(ErrorCode::limit_exceeded, "the server sent too many interim responses");
        }
        start();
      }
    }
    wire.append(unread, 0, used);
    unread.erase(0, used);
    return result;
  }

  Side side;
  std::variant<std::monostate, Request, Response> parser;
  std::string wire;    // what the parser has taken of this message
  std::string unread;  // what it wants to see again, with more behind it; or the next message
  bool no_body = false;
  int interim = 0;
};

MessageReader::MessageReader(Side side) : state_(std::make_unique<State>(side)) {}
MessageReader::~MessageReader() = default;
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;

void MessageReader::expect_no_body() {
  state_->no_body = true;
  if (state_->wire.empty()) state_->start();
}

Status MessageReader::feed(std::string_view bytes) {
  state_->unread += bytes;
  return state_->advance();
}

bool MessageReader::feed_end() {
  boost::beast::error_code error;
  if (!has_begun()) return false;
  state_->visit([&](auto& one) { one.put_eof(error); });
  return !error && is_done();
}

bool MessageReader::is_done() const {
  return state_->is_done();
}

bool MessageReader::has_begun() const {
  return !state_->wire.empty() || !state_->unread.empty();
}

bool MessageReader::wants_continue() const {
  return !is_done() && state_->visit([](const auto& one) {
    return one.is_header_done() &&
           boost::beast::iequals(one.get()[http::field::expect], "100-continue");
  });
}

Message MessageReader::take() {
  WEIR_CHECK(is_done());
  Message message;
  message.wire = std::exchange(state_->wire, {});
  message.keep_alive = state_->visit([](const auto& one) { return one.keep_alive(); });
  state_->visit([&](auto& one) {
    for (const auto& field : one.get()) {
      message.fields.emplace_back(field.name_string(), field.value());
    }
    message.body = std::move(one.get().body());
  });
  if (state_->side == Side::request) {
    const auto& request = std::get<State::Request>(state_->parser).get();
    message.method = std::string(request.method_string());
    message.target = std::string(request.target());
  } else {
    message.status = static_cast<int>(std::get<State::Response>(state_->parser).get().result_int());
  }
  state_->no_body = false;
  state_->interim = 0;
  state_->start();
  return message;
}

std::string_view Message::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_name(key, name)) return value;
  }
  return {};
}

Result<std::string> plain_body(const Message& message) {
  if (!same_name(message.field("Content-Encoding"), "gzip")) return message.body;
  z_stream stream{};
  WEIR_CHECK(inflateInit2(&stream, kGzip) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.body.data()));
  stream.avail_in = static_cast<uInt>(message.body.size());
  std::string plain;
  std::array<char, 64 * 1024> chunk{};
  int result = Z_OK;
  while (result == Z_OK && plain.size() <= kMaxBodyBytes) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    result = inflate(&stream, Z_NO_FLUSH);
    plain.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result == Z_STREAM_END) return plain;
  return fail(ErrorCode::invalid_input, "the compressed body is damaged, cut short or too large");
}

}  // namespace weir::tap
