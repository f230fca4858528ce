// What a target may answer to the scanner: the input is all that a real socket of this machine
// sends, before it closes. What begins like a frame is the answer to a request over HTTP/2.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/system_clock.h"
#include "fuzz/target.h"
#include "scan/limit_model/refusal.h"
#include "scan/probe/http2_flight.h"
#include "scan/probe/http_transport.h"

namespace weir::fuzz {
namespace {

// Sends the present answer to each connection and closes it. Lives until the program ends.
class Target {
 public:
  Target() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    WEIR_CHECK(listener_ >= 0 && ::bind(listener_, generic, size) == 0);
    WEIR_CHECK(::listen(listener_, 16) == 0 && ::getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    std::thread([this] { serve(); }).detach();
  }

  std::uint16_t port() const { return port_; }
  void answer_with(std::string_view answer) {
    const std::lock_guard lock(mutex_);
    answer_ = answer;
  }

 private:
  void serve() {
    for (;;) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        answer = answer_;
      }
      char request[4096];
      if (::recv(peer, request, sizeof(request), 0) > 0) {
        static_cast<void>(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) >= 0);
        ::shutdown(peer, SHUT_WR);
        while (::recv(peer, request, sizeof(request), 0) > 0) {
        }
      }
      ::close(peer);
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string answer_;
};

}  // namespace

void try_input(std::string_view input) {
  static auto* const target = new Target;
  static base::SystemClock clock;
  static const auto transport =
      scan::HttpTransport::create({net::Scheme::http, "127.0.0.1", target->port()}, clock, {})
          .value();
  target->answer_with(input);
  scan::Request request{.target = "/"};
  if (input.starts_with('\0')) request.version = scan::kHttp2;
  const scan::Response response = transport->send(request);
  WEIR_CHECK(response.headers.size() <= scan::kMaxResponseHeaderBytes);
  WEIR_CHECK(response.body.size() <= scan::kMaxBodyBytes && response.answered >= response.sent);
  if (response.ok()) {
    WEIR_CHECK(response.status >= 100 && response.status <= 999);
    WEIR_CHECK(scan::signature_of(response) == scan::signature_of(response));
  } else {
    WEIR_CHECK(response.status == 0 && response.failure != scan::Failure::timeout);
    WEIR_CHECK(response.failure != scan::Failure::not_sent);
  }
}

}  // namespace weir::fuzz
