#include "net/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weir::net {
namespace {

// While the process has no descriptor left for the next connection.
constexpr int kAcceptAgainMs = 100;

struct Bound {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Bound socket_address(const ListenAddress& address) {
  Bound bound;
  const std::string text = address.address.to_string();
  if (address.address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&bound.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    ::inet_pton(AF_INET, text.c_str(), &v4->sin_addr);
    bound.size = sizeof(sockaddr_in);
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&bound.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    ::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr);
    bound.size = sizeof(sockaddr_in6);
  }
  return bound;
}

std::uint16_t port_of(int descriptor) {
  Bound bound;
  bound.size = sizeof(bound.storage);
  ::getsockname(descriptor, bound.get(), &bound.size);
  return ntohs(bound.storage.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in*>(&bound.storage)->sin_port
                   : reinterpret_cast<const sockaddr_in6*>(&bound.storage)->sin6_port);
}

}  // namespace

Listener::Listener(int descriptor, ListenAddress address)
    : descriptor_(descriptor), address_(std::move(address)) {}

Listener::~Listener() {
  ::close(descriptor_);
}

Result<std::unique_ptr<Listener>> Listener::listen(const ListenAddress& address) {
  if (address.is_unix()) {
    return fail(ErrorCode::unsupported, address.to_string() + ": not on a Unix socket",
                "write an address and a port, such as 127.0.0.1:8001");
  }
  Bound bound = socket_address(address);
  const int descriptor =
      ::socket(bound.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (descriptor < 0 || ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(descriptor, bound.get(), bound.size) != 0 || ::listen(descriptor, SOMAXCONN) != 0) {
    const std::string why = std::generic_category().message(errno);
    if (descriptor >= 0) ::close(descriptor);
    return fail(ErrorCode::invalid_input,
                fmt::format("cannot listen on {}: {}", address.to_string(), why),
                "stop what listens there, or choose another address");
  }
  ListenAddress chosen = address;
  chosen.port = port_of(descriptor);
  return std::unique_ptr<Listener>(new Listener(descriptor, std::move(chosen)));
}

std::unique_ptr<Stream> Listener::accept() {
  while (!stopped_) {
    const int client = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0) return Stream::adopt(client, "the client");
    if (errno == EMFILE || errno == ENFILE) {
      ::poll(nullptr, 0, kAcceptAgainMs);
      continue;
    }
    pollfd waiting{descriptor_, POLLIN, 0};
    ::poll(&waiting, 1, -1);
  }
  return nullptr;
}

void Listener::stop() {
  stopped_ = true;
  ::shutdown(descriptor_, SHUT_RDWR);  // wakes whoever waits
}

}  // namespace weir::net
