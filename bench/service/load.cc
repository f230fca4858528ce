// The generator of the service's benchmark: ShouldRateLimit over HTTP/2, so many calls at once on
// so many connections, each about one of so many addresses drawn at random.
//
//   weir_service_load ask PORT VERSION CONNECTIONS CALLS_AT_ONCE SECONDS KEYS
//       prints "CALLS SECONDS P50_US P99_US ADMITTED"
//   weir_service_load fill PORT VERSION CONNECTIONS CALLS_AT_ONCE 0 KEYS
//       asks once for each address, and prints the same
//   weir_service_load serve         prints its port, and answers every call at once with OK: the
//                                   limit of what a server on this code can reach
//
// VERSION is that of Envoy's service, v3 or v2: the messages are the same.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/grpc/server.h"
#include "serve/rls/messages.h"

namespace {

using namespace weir;
using Monotonic = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "weir_service_load: {}\n", what);
  std::exit(1);
}

struct Load {
  std::uint16_t port = 0;
  std::string path;
  int connections = 1;
  int at_once = 1;
  double seconds = 1;
  std::uint64_t keys = 1;
  bool fills = false;  // each key once, instead of for so many seconds
};

// What all connections have seen.
struct Seen {
  std::uint64_t begun = 0;
  std::uint64_t admitted = 0;
  std::vector<float> microseconds;
  std::minstd_rand random{7};
};

std::string framed(const std::string& message) {
  std::string bytes(5, '\0');
  bytes[3] = static_cast<char>(message.size() >> 8U);
  bytes[4] = static_cast<char>(message.size());
  return bytes + message;
}

class Connection {
 public:
  Connection(const Load& load, Seen& seen) : load_(load), seen_(seen) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(load.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      fail("nobody listens");
    const int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session* session, std::uint8_t, std::int32_t id,
                      const std::uint8_t* bytes, std::size_t size, void*) {
          auto* const call = static_cast<Call*>(nghttp2_session_get_stream_user_data(session, id));
          call->answer.append(reinterpret_cast<const char*>(bytes), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session* session, std::int32_t id, std::uint32_t, void* user) {
          static_cast<Connection*>(user)->end(
              *static_cast<Call*>(nghttp2_session_get_stream_user_data(session, id)));
          return 0;
        });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1U << 20U};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 30);
    for (int i = 0; i < load.at_once; ++i) calls_.push_back(std::make_unique<Call>());
    for (const auto& call : calls_) idle_.push_back(call.get());
  }
  ~Connection() {
    nghttp2_session_del(session_);
    ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  bool is_idle() const { return idle_.size() == calls_.size(); }

  void begin(bool more) {
    while (more && !idle_.empty() && !(load_.fills && seen_.begun == load_.keys)) {
      begin(*idle_.back());
      idle_.pop_back();
    }
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) break;
      out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    std::size_t sent = 0;
    while (sent < out_.size()) {
      const ssize_t size = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) fail("the server has closed the connection");
      sent += static_cast<std::size_t>(size);
    }
    out_.clear();
  }

  void receive() {
    std::array<std::uint8_t, 65536> bytes{};
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0) fail("the server has closed the connection");
    if (nghttp2_session_mem_recv(session_, bytes.data(), static_cast<std::size_t>(size)) < 0)
      fail("the server speaks no HTTP/2");
  }

 private:
  struct Call {
    std::string body;
    std::size_t sent = 0;
    std::string answer;
    Monotonic::time_point begun;
  };

  void begin(Call& call) {
    const std::uint64_t key = load_.fills ? seen_.begun : seen_.random() % load_.keys;
    ++seen_.begun;
    const std::string address =
        fmt::format("10.{}.{}.{}", key >> 16U & 255U, key >> 8U & 255U, key & 255U);
    call.body = framed(serve::rls::write_request(
        {.domain = "bench", .descriptors = {{.entries = {{"remote_address", address}}}}}));
    call.sent = 0;
    call.answer.clear();
    call.begun = Monotonic::now();
    const auto field = [](std::string_view name, std::string_view value) {
      const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
      };
      return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), 0};
    };
    const std::array<nghttp2_nv, 6> fields{
        field(":method", "POST"),   field(":scheme", "http"),
        field(":path", load_.path), field(":authority", "x"),
        field("te", "trailers"),    field("content-type", "application/grpc")};
    nghttp2_data_provider provider{};
    provider.source.ptr = &call;
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                                std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                                void*) -> ssize_t {
      auto* const of = static_cast<Call*>(source->ptr);
      const std::size_t size = std::min(room, of->body.size() - of->sent);
      of->body.copy(reinterpret_cast<char*>(buffer), size, of->sent);
      of->sent += size;
      if (of->sent == of->body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(size);
    };
    if (nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, &call) <
        0)
      fail("no more calls fit on a connection");
  }

  void end(Call& call) {
    const std::chrono::duration<float, std::micro> took = Monotonic::now() - call.begun;
    seen_.microseconds.push_back(took.count());
    // overall_code, the first field, is OK.
    if (call.answer.size() > 6 && call.answer[5] == 0x08 && call.answer[6] == 0x01)
      ++seen_.admitted;
    idle_.push_back(&call);
  }

  const Load& load_;
  Seen& seen_;
  int socket_ = -1;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> idle_;
  std::string out_;
};

int run(const Load& load) {
  Seen seen;
  seen.microseconds.reserve(1U << 22U);
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<pollfd> polled;
  for (int i = 0; i < load.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(load, seen));
    polled.push_back({connections.back()->socket(), POLLIN, 0});
  }
  const auto begun = Monotonic::now();
  const auto end = begun + std::chrono::duration<double>(load.seconds);
  for (const auto& connection : connections) connection->begin(true);
  for (bool more = true;;) {
    if (::poll(polled.data(), polled.size(), 10'000) <= 0) fail("the server does not answer");
    more = load.fills ? seen.begun < load.keys : Monotonic::now() < end;
    bool all_idle = true;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      if (polled[i].revents != 0) {
        connections[i]->receive();
        connections[i]->begin(more);
      }
      all_idle = all_idle && connections[i]->is_idle();
    }
    if (!more && all_idle) break;
  }
  const std::chrono::duration<double> took = Monotonic::now() - begun;
  std::vector<float>& all = seen.microseconds;
  std::sort(all.begin(), all.end());
  fmt::print("{} {:.3f} {:.0f} {:.0f} {}\n", all.size(), took.count(), all[all.size() / 2],
             all[all.size() * 99 / 100], seen.admitted);
  return 0;
}

int answer_at_once() {
  const auto server = net::GrpcServer::listen(
      *net::ListenAddress::parse("127.0.0.1:0"), {},
      [](const net::GrpcCall&, const net::GrpcAnswer& answer) { answer({.message = "\x08\x01"}); });
  if (!server) return 1;
  fmt::print("{}\n", (*server)->address().port);
  std::fflush(stdout);
  for (;;) ::pause();
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  if (arguments == std::vector<std::string>{"serve"}) return answer_at_once();
  if (arguments.size() != 7 || (arguments[0] != "ask" && arguments[0] != "fill"))
    fail("usage: see the head of bench/service/load.cc");
  const auto number = [&](std::size_t i) {
    return std::strtoull(arguments[i].c_str(), nullptr, 10);
  };
  return run(
      {.port = static_cast<std::uint16_t>(number(1)),
       .path = "/envoy.service.ratelimit." + arguments[2] + ".RateLimitService/ShouldRateLimit",
       .connections = static_cast<int>(number(3)),
       .at_once = static_cast<int>(number(4)),
       .seconds = static_cast<double>(number(5)),
       .keys = number(6),
       .fills = arguments[0] == "fill"});
}
