#include "net/grpc/server.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <unordered_map>

#include "base/check.h"
#include "base/system_clock.h"
#include "net/server_core.h"

namespace weir::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
constexpr std::string_view kContentType = "application/grpc";
// Between the two GOAWAYs of a drain, if the client does not answer the ping that is sent with the
// first.
constexpr Duration kLongestRoundTrip = std::chrono::seconds(1);

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 does not write to them, but its type is not const.
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// "application/grpc", "application/grpc+proto", "application/grpc;...".
bool is_grpc(std::string_view content_type) {
  if (!content_type.starts_with(kContentType)) return false;
  const std::string_view rest = content_type.substr(kContentType.size());
  return rest.empty() || rest == "+proto" || rest.front() == ';';
}

// One call.
struct Stream {
  Stream(std::int32_t the_id, std::size_t max_message, Duration now)
      : id(the_id), reader(max_message), since(now) {}

  const std::int32_t id;
  GrpcMessageReader reader;
  Duration since;  // when it, or its answer, began
  std::string path = {};
  bool is_post = false;
  bool is_grpc = false;
  std::size_t header_bytes = 0;
  std::optional<Duration> timeout = {};
  enum class State { coming, asked, answered } state = State::coming;
  // The answer: the message with its prefix, and how much of it is on its way.
  std::string reply = {};
  std::size_t sent = 0;
};

struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
using Session = std::unique_ptr<nghttp2_session, SessionDeleter>;

}  // namespace

struct GrpcServer::Parts : ServerCore {
  Parts(const GrpcServerOptions& given, OnCall function)
      : ServerCore(given.threads, given.max_connections),
        options(given),
        on_call(std::move(function)) {}

  const GrpcServerOptions options;
  const OnCall on_call;
};

namespace {

// What nghttp2 calls, for whoever has these members.
template <class Connection>
nghttp2_session_callbacks* callbacks_of() {
  nghttp2_session_callbacks* callbacks = nullptr;
  WEIR_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
          static_cast<Connection*>(user)->on_begin(frame->hd.stream_id);
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
        static_cast<Connection*>(user)->on_field(frame->hd.stream_id, view(name, name_size),
                                                 view(value, value_size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                    std::size_t size, void* user) {
        static_cast<Connection*>(user)->on_data(id, view(bytes, size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        static_cast<Connection*>(user)->on_frame(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        static_cast<Connection*>(user)->on_close(id);
        return 0;
      });
  return callbacks;
}

// One connection. All of it runs on its strand.
template <class Protocol, class Parts>
class Connection final : public ServerConnection,
                         public std::enable_shared_from_this<Connection<Protocol, Parts>> {
 public:
  using Socket = asio::basic_stream_socket<Protocol, Strand>;

  Connection(Socket socket, std::shared_ptr<Parts> parts)
      : parts_(std::move(parts)), socket_(std::move(socket)), timer_(socket_.get_executor()) {
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      error_code ignored;
      socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
  }

  void start() {
    asio::dispatch(socket_.get_executor(), [self = this->shared_from_this()] {
      self->is_counted_ = self->parts_->add(self);
      self->begin();
    });
  }
  void end_when_idle() override {
    asio::post(socket_.get_executor(), [self = this->shared_from_this()] { self->drain(); });
  }
  void end() override {
    asio::post(socket_.get_executor(), [self = this->shared_from_this()] { self->close(); });
  }

  // ---- What nghttp2 calls ----

  void on_begin(std::int32_t id) {
    streams_.try_emplace(id, id, options().max_message_bytes, base::monotonic_now());
  }

  void on_field(std::int32_t id, std::string_view name, std::string_view value) {
    Stream* const stream = find(id);
    if (stream == nullptr) return;
    constexpr std::size_t kOverhead = 32;  // RFC 9113, section 6.5.2
    stream->header_bytes += name.size() + value.size() + kOverhead;
    if (stream->header_bytes > options().max_header_bytes) return;  // kept no longer
    if (name == ":path") {
      stream->path = value;
    } else if (name == ":method") {
      stream->is_post = value == "POST";
    } else if (name == "content-type") {
      stream->is_grpc = is_grpc(value);
    } else if (name == "grpc-timeout") {
      stream->timeout = parse_grpc_timeout(value);
    }
  }

  void on_data(std::int32_t id, std::string_view bytes) {
    nghttp2_session_consume_stream(session_.get(), id, bytes.size());
    Stream* const stream = find(id);
    if (stream == nullptr || stream->state != Stream::State::coming) {
      nghttp2_session_consume_connection(session_.get(), bytes.size());
      return;
    }
    // The connection's window is given back when the call is whole: that bounds what is kept.
    held_[id] += bytes.size();
    if (const auto failed = stream->reader.feed(bytes)) answer(*stream, {.status = *failed});
  }

  void on_frame(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      if (draining_ && !gone_) go_away();
      return;
    }
    const bool may_end = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    Stream* const stream = may_end ? find(frame.hd.stream_id) : nullptr;
    if (stream == nullptr || stream->state != Stream::State::coming) return;
    if (stream->header_bytes > options().max_header_bytes)
      return answer(*stream,
                    {.status = {GrpcCode::resource_exhausted, "the header fields are too long"}});
    if (!(stream->is_post && stream->is_grpc)) return refuse_what_is_no_grpc(*stream);
    if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) ask(*stream);
  }

  void on_close(std::int32_t id) {
    release(id);
    if (const auto found = streams_.find(id); found != streams_.end()) {
      unsent_ -= found->second.reply.size();
      streams_.erase(found);
    }
  }

  ssize_t on_read(std::int32_t id, std::uint8_t* buffer, std::size_t room, std::uint32_t* flags) {
    Stream* const stream = find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t size = std::min(room, stream->reply.size() - stream->sent);
    std::memcpy(buffer, stream->reply.data() + stream->sent, size);
    stream->sent += size;
    if (stream->sent == stream->reply.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::array trailer = {field("grpc-status", "0")};
      nghttp2_submit_trailer(session_.get(), id, trailer.data(), trailer.size());
    }
    return static_cast<ssize_t>(size);
  }

 private:
  const GrpcServerOptions& options() const { return parts_->options; }

  Stream* find(std::int32_t id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second;
  }

  void begin() {
    open_session();
    last_heard_ = base::monotonic_now();
    if (!is_counted_) {
      nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (parts_->draining()) {
      drain();
    }
    flush();
    if (closed_) return;
    read();
    tick();
  }

  void open_session() {
    nghttp2_option* option = nullptr;
    WEIR_CHECK(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_session_callbacks* const callbacks = callbacks_of<Connection>();
    nghttp2_session* made = nullptr;
    WEIR_CHECK(nghttp2_session_server_new2(&made, callbacks, this, option) == 0);
    session_.reset(made);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    const std::array settings = {
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                               static_cast<std::uint32_t>(options().max_streams)},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                               static_cast<std::uint32_t>(options().max_header_bytes)}};
    nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<std::int32_t>(options().max_window_bytes));
  }

  void read() {
    socket_.async_read_some(
        asio::buffer(incoming_),
        [self = this->shared_from_this()](const error_code& error, std::size_t size) {
          if (error || self->closed_) return self->close();
          self->receive(size);
        });
  }

  void receive(std::size_t size) {
    last_heard_ = base::monotonic_now();
    pinged_ = false;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(incoming_.data()), size);
    // Not HTTP/2, or over one of nghttp2's bounds.
    if (taken < 0) nghttp2_session_terminate_session(session_.get(), NGHTTP2_PROTOCOL_ERROR);
    flush();
    if (!closed_) read();
  }

  void ask(Stream& stream) {
    release(stream.id);
    if (!stream.reader.is_whole()) {
      return answer(stream, {.status = {GrpcCode::internal, "the call has no whole message"}});
    }
    if (unsent_ > GrpcServer::kMaxUnsent) {
      return answer(
          stream, {.status = {GrpcCode::resource_exhausted, "too many answers wait to be taken"}});
    }
    stream.state = Stream::State::asked;
    GrpcCall call{.path = std::move(stream.path), .message = stream.reader.take(), .deadline = {}};
    if (stream.timeout) call.deadline = stream.since + *stream.timeout;
    parts_->on_call(std::move(call),
                    [self = this->shared_from_this(), id = stream.id](GrpcReply reply) {
                      self->take_answer(id, std::move(reply));
                    });
  }

  // From any thread.
  void take_answer(std::int32_t id, GrpcReply reply) {
    // At once, inside of receive(), which flushes.
    if (socket_.get_executor().running_in_this_thread()) return answer_if_there(id, reply);
    parts_->post(socket_.get_executor(),
                 [self = this->shared_from_this(), id, reply = std::move(reply)] {
                   if (self->closed_) return;
                   self->answer_if_there(id, reply);
                   self->flush();
                 });
  }

  // The client may have gone meanwhile.
  void answer_if_there(std::int32_t id, const GrpcReply& reply) {
    Stream* const stream = find(id);
    if (stream != nullptr && stream->state == Stream::State::asked) answer(*stream, reply);
  }

  void answer(Stream& stream, const GrpcReply& reply) {
    release(stream.id);
    stream.state = Stream::State::answered;
    stream.since = base::monotonic_now();
    if (reply.status.code != GrpcCode::ok) {
      const std::string code = std::to_string(static_cast<int>(reply.status.code));
      const std::string message = encode_grpc_message(reply.status.message);
      std::array fields = {field(":status", "200"), field("content-type", kContentType),
                           field("grpc-status", code), field("grpc-message", message),
                           field("grpc-accept-encoding", "identity")};
      submit(stream, fields.data(), fields.size(), nullptr);
      return;
    }
    const auto size = static_cast<std::uint32_t>(reply.message.size());
    stream.reply.reserve(reply.message.size() + 5);
    stream.reply += '\0';
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      stream.reply += static_cast<char>(size >> shift & 0xFFU);
    stream.reply += reply.message;
    unsent_ += stream.reply.size();
    nghttp2_data_provider provider{};
    provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* buffer,
                                std::size_t room, std::uint32_t* flags, nghttp2_data_source*,
                                void* user) {
      return static_cast<Connection*>(user)->on_read(id, buffer, room, flags);
    };
    std::array fields = {field(":status", "200"), field("content-type", kContentType)};
    submit(stream, fields.data(), fields.size(), &provider);
  }

  // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: 415 for other content types.
  void refuse_what_is_no_grpc(Stream& stream) {
    stream.state = Stream::State::answered;
    std::array fields = {field(":status", stream.is_post ? "415" : "405"), field("allow", "POST")};
    submit(stream, fields.data(), stream.is_post ? 1 : 2, nullptr);
  }

  void submit(Stream& stream, const nghttp2_nv* fields, std::size_t count,
              const nghttp2_data_provider* provider) {
    if (nghttp2_submit_response(session_.get(), stream.id, fields, count, provider) != 0) {
      nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id,
                                NGHTTP2_INTERNAL_ERROR);
    }
  }

  // Gives back the connection's window that a call's bytes have taken.
  void release(std::int32_t id) {
    const auto found = held_.find(id);
    if (found == held_.end()) return;
    nghttp2_session_consume_connection(session_.get(), found->second);
    held_.erase(found);
  }

  // Writes what there is to write, unless a write is on its way: it continues then.
  void flush() {
    if (writing_ || closed_) return;
    outgoing_.clear();
    while (outgoing_.size() < kWriteBytes) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) return close();
      if (size == 0) break;
      outgoing_.append(view(bytes, static_cast<std::size_t>(size)));
    }
    if (outgoing_.empty()) {
      const bool over = nghttp2_session_want_read(session_.get()) == 0 &&
                        nghttp2_session_want_write(session_.get()) == 0;
      if (over) close();
      return;
    }
    writing_ = true;
    writing_since_ = base::monotonic_now();
    asio::async_write(socket_, asio::buffer(outgoing_),
                      [self = this->shared_from_this()](const error_code& error, std::size_t) {
                        self->writing_ = false;
                        if (error) return self->close();
                        self->flush();
                      });
  }

  // Looks after clients that are too slow, silent or gone. Coarse: what is over its time is found
  // within half of it.
  void tick() {
    timer_.expires_after(std::min({options().request_time, options().idle_time,
                                   draining_ ? kLongestRoundTrip : Duration::max()}) /
                         2);
    timer_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (error || self->closed_) return;
      self->end_what_is_late(base::monotonic_now());
      self->flush();
      if (!self->closed_) self->tick();
    });
  }

  void end_what_is_late(Duration now) {
    const Duration late = now - options().request_time;
    if (writing_ && writing_since_ < late) return close();
    for (auto& [id, stream] : streams_) {
      if (stream.since >= late) continue;
      if (stream.state == Stream::State::coming) {
        answer(stream, {.status = {GrpcCode::deadline_exceeded, "the call came too slowly"}});
      } else if (stream.state == Stream::State::answered) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
      }
    }
    if (draining_ && !gone_ && draining_since_ < now - kLongestRoundTrip) go_away();
    if (last_heard_ >= now - options().idle_time) return;
    if (pinged_ && pinged_at_ < late) return close();
    if (pinged_) return;
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
    pinged_ = true;
    pinged_at_ = now;
  }

  // Says that no new calls should come, and with the answer to the ping that none will be taken.
  void drain() {
    if (draining_ || closed_ || session_ == nullptr) return;
    draining_ = true;
    draining_since_ = base::monotonic_now();
    nghttp2_submit_shutdown_notice(session_.get());
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
    flush();
    if (!closed_) tick();
  }

  void go_away() {
    gone_ = true;
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }

  void close() {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    parts_->remove(this->shared_from_this());
  }

  const std::shared_ptr<Parts> parts_;  // outlives the socket
  Socket socket_;
  StrandTimer timer_;
  std::array<char, kReadBytes> incoming_{};
  std::string outgoing_;
  Session session_;
  std::unordered_map<std::int32_t, Stream> streams_;
  std::unordered_map<std::int32_t, std::size_t> held_;  // of the connection's window, by call
  std::size_t unsent_ = 0;                              // bytes of answers that are not gone yet
  Duration last_heard_{};
  Duration writing_since_{};
  Duration pinged_at_{};
  Duration draining_since_{};
  bool is_counted_ = false;  // among the connections that there may be
  bool writing_ = false;
  bool pinged_ = false;
  bool draining_ = false;
  bool gone_ = false;  // the last GOAWAY is sent
  bool closed_ = false;
};

}  // namespace

GrpcServer::GrpcServer(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<GrpcServer>> GrpcServer::listen(const ListenAddress& address,
                                                       const GrpcServerOptions& options,
                                                       OnCall on_call) {
  const auto parts = std::make_shared<Parts>(options, std::move(on_call));
  Status listening = start_listening(*parts, address, [parts](auto socket) {
    using Protocol = typename decltype(socket)::protocol_type;
    std::make_shared<Connection<Protocol, Parts>>(std::move(socket), parts)->start();
  });
  if (!listening) return tl::unexpected(listening.error());
  parts->start_threads();
  return std::unique_ptr<GrpcServer>(new GrpcServer(parts));
}

GrpcServer::~GrpcServer() {
  parts_->end();
}

const ListenAddress& GrpcServer::address() const {
  return parts_->address;
}

std::size_t GrpcServer::connections() const {
  return parts_->connections();
}

bool GrpcServer::drain(Duration patience) {
  return parts_->drain(patience);
}

}  // namespace weir::net
