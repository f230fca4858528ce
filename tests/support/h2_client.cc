#include "support/h2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

namespace weir::test {
namespace {

std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

std::string text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string framed(std::string_view message) {
  std::string bytes(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    bytes += static_cast<char>(message.size() >> shift & 0xFFU);
  return bytes.append(message);
}

H2Client::H2Client(std::uint16_t port) : connection_(port), session_(nullptr, nullptr) {
  open();
}

H2Client::H2Client(const std::string& socket_path)
    : connection_(socket_path), session_(nullptr, nullptr) {
  open();
}

H2Client::~H2Client() = default;

void H2Client::open() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, [](nghttp2_session*,
                                                                 const nghttp2_frame* frame,
                                                                 const std::uint8_t* name,
                                                                 std::size_t name_size,
                                                                 const std::uint8_t* value,
                                                                 std::size_t value_size,
                                                                 std::uint8_t, void* user) {
    static_cast<H2Client*>(user)->answers_[frame->hd.stream_id].fields[text_of(name, name_size)] =
        text_of(value, value_size);
    return 0;
  });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                    std::size_t size, void* user) {
        static_cast<H2Client*>(user)->answers_[id].body += text_of(bytes, size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
        Answer& answer = static_cast<H2Client*>(user)->answers_[id];
        answer.over = true;
        answer.error = error;
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        auto* const client = static_cast<H2Client*>(user);
        if (frame->hd.type == NGHTTP2_GOAWAY) ++client->goaways_;
        if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
          ++client->pings_;
        return 0;
      });
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  session_ = {session, nghttp2_session_del};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
}

std::int32_t H2Client::call(const std::string& path, const std::string& body, const Fields& more,
                            bool ends) {
  Fields fields = {{":method", "POST"}, {":scheme", "http"}, {":path", path},
                   {":authority", "x"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return request(fields, body, ends);
}

std::int32_t H2Client::request(const Fields& fields, const std::string& body, bool ends) {
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : fields)
    list.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), 0});
  auto kept = std::make_unique<Body>(Body{body, 0, ends});
  nghttp2_data_provider provider{};
  provider.source.ptr = kept.get();
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                              std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                              void*) -> ssize_t {
    auto& [bytes, sent, is_all] = *static_cast<Body*>(source->ptr);
    const std::size_t size = std::min(room, bytes.size() - sent);
    if (size == 0 && !is_all) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(buffer, bytes.data() + sent, size);
    sent += size;
    if (sent == bytes.size() && is_all) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  };
  const std::int32_t id =
      nghttp2_submit_request(session_.get(), nullptr, list.data(), list.size(), &provider, nullptr);
  bodies_[id] = std::move(kept);
  answers_[id] = {};
  return id;
}

void H2Client::reset(std::int32_t id) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

void H2Client::ping() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void H2Client::send() {
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size <= 0) return;
    connection_.send(text_of(bytes, static_cast<std::size_t>(size)));
  }
}

bool H2Client::run_until(const std::function<bool()>& done) {
  send();
  while (!done()) {
    const std::string bytes = connection_.read_next();
    if (bytes.empty()) return false;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken < 0) return false;
    send();
  }
  return true;
}

}  // namespace weir::test
