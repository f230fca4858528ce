#include "scan/probe/http2_flight.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "scan/probe/hold.h"

namespace weir::scan {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kSettleWithin = std::chrono::seconds(2);
constexpr std::size_t kMaxOwed = 1000;  // answers to PING and SETTINGS that the peer does not take
// A server may take fewer streams at once; the others then wait.
constexpr std::uint32_t kWindowBytes = 2 * kMaxBodyBytes;

// RFC 9113 §8.2.2: what belongs to a connection of HTTP/1.1 has no place here.
bool is_of_connection(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::vector<Header> fields_of(const Request& request, const net::Endpoint& endpoint) {
  std::vector<Header> fields = {
      {":method", request.method},
      {":scheme", endpoint.is_tls() ? "https" : "http"},
      {":authority",
       std::string(find_header(request.headers, "Host").value_or(endpoint.authority()))},
      {":path", request.target}};
  for (const Header& header : request.headers) {
    std::string name = base::lower_case(header.name);
    if (!is_of_connection(name)) fields.push_back({std::move(name), header.value});
  }
  if (request.body && !find_header(request.headers, "Content-Length")) {
    fields.push_back({"content-length", std::to_string(request.body->size())});
  }
  return fields;
}

nghttp2_nv field_of(const Header& header) {
  const auto bytes = [](const std::string& text) {
    // nghttp2 asks for it; with the flags below it copies and writes nothing.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(header.name), bytes(header.value), header.name.size(), header.value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

class Http2Flight {
 public:
  Http2Flight(asio::io_context& context, const Http2Target& target,
              std::span<const Request> requests, bool together, Clock& clock)
      : target_(target),
        together_(together),
        clock_(clock),
        connection_(context, target.tls, target.endpoint, "h2"),
        hold_(context),
        patience_(context) {
    for (const Request& request : requests) streams_.push_back({&request});
  }
  Http2Flight(const Http2Flight&) = delete;
  Http2Flight& operator=(const Http2Flight&) = delete;
  ~Http2Flight() { nghttp2_session_del(session_); }

  void start() {
    connection_.open(target_.addresses, streams_.front().request->source_address,
                     [this](Failure failure, const std::string& text) {
                       if (failure != Failure::none) return end(failure, text);
                       if (target_.tls != nullptr && connection_.protocol() != "h2") {
                         return end(Failure::malformed, "the server does not offer HTTP/2");
                       }
                       begin_session();
                     });
  }

  void end(Failure failure, const std::string& text) {
    if (connection_.is_closed()) return;
    for (Stream& stream : streams_) {
      if (!stream.finished) finish(stream, failure, text);
    }
    hold_.cancel();
    patience_.cancel();
    connection_.close();
  }

  std::vector<Response> take() {
    std::vector<Response> responses;
    for (Stream& stream : streams_) responses.push_back(std::move(stream.response));
    return responses;
  }

 private:
  struct Stream {
    const Request* request = nullptr;
    Response response = {};
    std::size_t written = 0;  // of the body
    std::size_t header_bytes = 0;
    bool finished = false;
  };

  // ---- the session ----

  void begin_session() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_max_outbound_ack(options, kMaxOwed);
    nghttp2_session_client_new2(&session_, callbacks, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);

    const std::array settings = {
        nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxResponseHeaderBytes}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    for (std::size_t i = 0; i < streams_.size(); ++i) submit(i);
    // Whoever speaks HTTP/2 says its SETTINGS first.
    patience_.expires_after(kSettleWithin);
    patience_.async_wait([this](error_code cancelled) {
      if (!cancelled && !settled_) end(Failure::malformed, "no HTTP/2 within two seconds");
    });
    read();
    flush();
  }

  void submit(std::size_t index) {
    const std::vector<Header> fields = fields_of(*streams_[index].request, target_.endpoint);
    std::vector<nghttp2_nv> values;
    for (const Header& field : fields) values.push_back(field_of(field));
    nghttp2_data_provider body{};
    body.read_callback = on_want_body;
    const std::int32_t id =
        nghttp2_submit_request(session_, nullptr, values.data(), values.size(), &body, nullptr);
    if (id < 0) return finish(streams_[index], Failure::malformed, nghttp2_strerror(id));
    by_id_[id] = index;
  }

  // Everything that the session has to say goes out in one write.
  void flush() {
    if (connection_.is_closed() || writing_) return;
    out_.clear();
    while (true) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size < 0) return end(Failure::malformed, nghttp2_strerror(static_cast<int>(size)));
      if (size == 0) break;
      out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    if (out_.empty()) return written();
    writing_ = true;
    const Time now = clock_.now();
    for (Stream& stream : streams_) {
      if (stream.response.sent == Time{} && (!together_ || released_)) stream.response.sent = now;
    }
    connection_.write(asio::buffer(out_), [this](Failure failure, const std::string& text) {
      writing_ = false;
      if (failure != Failure::none) return end(failure, text);
      flush();
    });
  }

  // Nothing is left to say for now.
  void written() {
    if (!together_ || released_ || holding_ || !settled_) return;
    holding_ = true;
    hold_.expires_after(kHold);
    hold_.async_wait([this](error_code cancelled) {
      if (cancelled || connection_.is_closed()) return;
      released_ = true;
      for (const auto& [id, index] : by_id_) {
        if (!streams_[index].finished) nghttp2_session_resume_data(session_, id);
      }
      flush();
    });
  }

  void read() {
    connection_.with_stream([this](auto& stream) {
      stream.async_read_some(asio::buffer(in_), [this](error_code failed, std::size_t size) {
        if (connection_.is_closed()) return;
        if (failed) return end(Failure::closed, failed.message());
        const ssize_t taken = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const std::uint8_t*>(in_.data()), size);
        if (taken < 0) {
          return end(settled_ ? Failure::closed : Failure::malformed,
                     nghttp2_strerror(static_cast<int>(taken)));
        }
        received_ += size;
        if (received_ > useful_ + kMaxOtherBytes) return end(Failure::closed, "frames without end");
        const bool all = std::all_of(streams_.begin(), streams_.end(),
                                     [](const Stream& each) { return each.finished; });
        if (all) return end(Failure::none, {});
        flush();
        if (nghttp2_session_want_read(session_) == 0) {
          return end(settled_ ? Failure::closed : Failure::malformed,
                     "what answers does not keep to HTTP/2");
        }
        if (!connection_.is_closed()) read();
      });
    });
  }

  void finish(Stream& stream, Failure failure, const std::string& text) {
    if (stream.finished) return;
    stream.finished = true;
    Response& response = stream.response;
    if (response.status == 0 && failure == Failure::none) failure = Failure::closed;
    if (failure != Failure::none && response.status != 0) {
      response.truncated = true;  // the status came: what was decided is known
    } else {
      response.failure = failure;
      response.failure_text = text;
    }
    response.answered = clock_.now();
    if (response.sent == Time{}) response.sent = response.answered;
  }

  // ---- callbacks ----

  static Http2Flight& self(void* user) { return *static_cast<Http2Flight*>(user); }

  Stream* stream_of(std::int32_t id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &streams_[found->second];
  }

  static ssize_t on_want_body(nghttp2_session*, std::int32_t id, std::uint8_t* buffer,
                              std::size_t room, std::uint32_t* flags, nghttp2_data_source*,
                              void* user) {
    Http2Flight& flight = self(user);
    Stream* const stream = flight.stream_of(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::optional<std::string>& given = stream->request->body;
    const std::string_view body = given ? std::string_view(*given) : std::string_view();
    const bool held = flight.together_ && !flight.released_;
    const std::size_t until = held && !body.empty() ? body.size() - 1 : body.size();
    const std::size_t size = std::min(room, until - stream->written);
    if (size == 0 && held) return NGHTTP2_ERR_DEFERRED;
    body.copy(reinterpret_cast<char*>(buffer), size, stream->written);
    stream->written += size;
    if (stream->written == body.size() && !held) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    Stream* const stream = self(user).stream_of(frame->hd.stream_id);
    if (stream == nullptr || stream->finished) return 0;
    const std::string_view field(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    stream->header_bytes += name_size + value_size;
    self(user).useful_ += name_size + value_size;
    if (stream->header_bytes > kMaxResponseHeaderBytes) {
      self(user).finish(*stream, Failure::closed, "headers without end");
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
    }
    if (field == ":status") {
      int status = 0;
      std::from_chars(text.data(), text.data() + text.size(), status);
      // Interim answers (1xx) are followed by the real one.
      stream->response.status = status >= 200 ? status : 0;
      stream->response.headers.clear();
    } else {
      stream->response.headers.push_back({std::string(field), std::string(text)});
    }
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Flight& flight = self(user);
    if (frame->hd.type == NGHTTP2_SETTINGS) flight.settled_ = true;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (Stream* const stream = flight.stream_of(frame->hd.stream_id)) {
      flight.finish(*stream, Failure::none, {});
    }
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* bytes, std::size_t size, void* user) {
    Http2Flight& flight = self(user);
    Stream* const stream = flight.stream_of(id);
    if (stream == nullptr || stream->finished) return 0;
    flight.useful_ += size;
    std::string& body = stream->response.body;
    const std::size_t room = kMaxBodyBytes - body.size();
    body.append(reinterpret_cast<const char*>(bytes), std::min(size, room));
    if (size > room) {
      stream->response.truncated = true;
      flight.finish(*stream, Failure::none, {});
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    }
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    Http2Flight& flight = self(user);
    if (Stream* const stream = flight.stream_of(id)) {
      flight.finish(*stream, code == NGHTTP2_NO_ERROR ? Failure::none : Failure::closed,
                    nghttp2_http2_strerror(code));
    }
    return 0;
  }

  const Http2Target& target_;
  const bool together_;
  Clock& clock_;
  Connection connection_;
  asio::steady_timer hold_;
  asio::steady_timer patience_;
  nghttp2_session* session_ = nullptr;
  std::vector<Stream> streams_;
  std::map<std::int32_t, std::size_t> by_id_;  // in streams_
  std::string out_;
  std::array<char, 16 * 1024> in_{};
  std::size_t received_ = 0;
  std::size_t useful_ = 0;  // of that: of bodies and headers of answers
  bool writing_ = false;
  bool settled_ = false;  // the peer has said its SETTINGS: it does speak HTTP/2
  bool holding_ = false;
  bool released_ = false;
};

}  // namespace

std::vector<Response> fly_http2(const Http2Target& target, std::span<const Request> requests,
                                bool together, Clock& clock, Duration deadline) {
  if (requests.empty()) return {};
  asio::io_context context;
  Http2Flight flight(context, target, requests, together, clock);
  flight.start();
  context.run_for(deadline);
  flight.end(Failure::timeout, "no complete answer before the deadline");
  context.restart();
  context.run_for(std::chrono::milliseconds(50));  // the handlers of what was just closed
  return flight.take();
}

}  // namespace weir::scan
