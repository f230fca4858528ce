#include "support/loopback_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace weir::test {
namespace {

int listen_on_loopback(std::uint16_t& port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  WEIR_CHECK(descriptor >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  WEIR_CHECK(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0);
  WEIR_CHECK(::listen(descriptor, 256) == 0);
  WEIR_CHECK(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return descriptor;
}

std::size_t content_length(std::string_view head) {
  std::string lower(head);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::size_t at = lower.find("\r\ncontent-length: ");
  if (at == std::string::npos) return 0;
  std::size_t length = 0;
  std::from_chars(lower.data() + at + 18, lower.data() + lower.size(), length);
  return length;
}

}  // namespace

std::optional<std::string> LoopbackServer::Peer::read_request() {
  for (;;) {
    const std::size_t end = unread_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t size = end + 4 + content_length(std::string_view(unread_).substr(0, end));
      if (unread_.size() >= size) {
        std::string request = unread_.substr(0, size);
        unread_.erase(0, size);
        return request;
      }
    }
    char buffer[4096];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof(buffer), 0);
    if (got <= 0) return std::nullopt;
    unread_.append(buffer, static_cast<std::size_t>(got));
  }
}

bool LoopbackServer::Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void LoopbackServer::Peer::wait_for_close() {
  char buffer[4096];
  while (::recv(descriptor_, buffer, sizeof(buffer), 0) > 0) {
  }
}

void LoopbackServer::Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

LoopbackServer::LoopbackServer(std::function<void(Peer&)> on_connection)
    : on_connection_(std::move(on_connection)),
      listener_(listen_on_loopback(port_)),
      acceptor_([this] { accept_all(); }) {}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (Connection& connection : connections_served_) connection.thread.join();
  ::close(listener_);
}

void LoopbackServer::wait_until_all_closed() {
  std::unique_lock lock(mutex_);
  closed_.wait(lock, [&] { return open_.empty(); });
}

void LoopbackServer::join_ended() {
  connections_served_.remove_if([](Connection& connection) {
    if (connection.ended) connection.thread.join();
    return connection.ended;
  });
}

void LoopbackServer::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(descriptor);
      return;
    }
    ++connections_;
    open_.insert(descriptor);
    join_ended();
    Connection& connection = connections_served_.emplace_back();
    connection.thread = std::thread([this, descriptor, &connection] {
      Peer peer(descriptor);
      on_connection_(peer);
      const std::lock_guard guard(mutex_);
      open_.erase(descriptor);
      ::close(descriptor);
      connection.ended = true;
      closed_.notify_all();
    });
  }
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  ::close(listen_on_loopback(port));
  return port;
}

}  // namespace weir::test
