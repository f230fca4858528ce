#include "support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace weir::test {
namespace {

constexpr int kPatienceMs = 20'000;

}  // namespace

RawClient::RawClient(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WEIR_CHECK(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const int yes = 1;  // pieces go out as they are sent
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

RawClient::RawClient(const std::string& socket_path)
    : descriptor_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  WEIR_CHECK(socket_path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  WEIR_CHECK(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
}

RawClient::~RawClient() {
  ::close(descriptor_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::end() {
  ::shutdown(descriptor_, SHUT_WR);
}

bool RawClient::read_some() {
  pollfd waiting{descriptor_, POLLIN, 0};
  if (::poll(&waiting, 1, kPatienceMs) <= 0) return false;
  std::array<char, 16 * 1024> bytes{};
  const ssize_t size = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  closed_ = size <= 0;
  if (closed_) return false;
  unread_.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

std::string RawClient::read_next() {
  if (unread_.empty()) static_cast<void>(read_some());
  return std::exchange(unread_, {});
}

std::string RawClient::read_until(std::string_view marker) {
  while (marker.empty() || unread_.find(marker) == std::string::npos) {
    if (!read_some()) break;
  }
  return std::exchange(unread_, {});
}

}  // namespace weir::test
