#include "net/stream.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/check.h"

namespace weir::net {
namespace {

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE when the peer is gone. This
// one sends with MSG_NOSIGNAL. The descriptor travels in BIO_set_data.
int descriptor_of(BIO* bio) {
  return *static_cast<const int*>(BIO_get_data(bio));
}

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (would_block(errno) || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(descriptor_of(bio), data, static_cast<std::size_t>(size), 0);
  if (got < 0 && (would_block(errno) || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* silent_socket_bio() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    WEIR_CHECK(made != nullptr);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

}  // namespace

void Stream::SslFree::operator()(ssl_st* session) const {
  SSL_free(session);
}

Stream::Stream(std::string peer, std::string host, int descriptor)
    : peer_(std::move(peer)), host_(std::move(host)), descriptor_(descriptor) {}

std::unique_ptr<Stream> Stream::adopt(int descriptor, std::string peer) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return std::unique_ptr<Stream>(new Stream(std::move(peer), {}, descriptor));
}

Stream::~Stream() {
  ::close(descriptor_);
}

tl::unexpected<Error> Stream::broken(std::string_view doing, std::string_view why) const {
  return fail(ErrorCode::unavailable, fmt::format("{} {} failed: {}", doing, peer_, why));
}

Status Stream::wait(short events, const Deadline& deadline, std::string_view doing) const {
  for (;;) {
    pollfd waiting{descriptor_, events, 0};
    const int ready = ::poll(&waiting, 1, deadline.poll_timeout_ms());
    if (ready > 0) return {};  // an error condition shows in the next read or write
    if (ready < 0 && errno != EINTR) return broken(doing, errno_text(errno));
    if (deadline.has_passed()) {
      return fail(ErrorCode::timeout, fmt::format("{} {} took too long", doing, peer_));
    }
  }
}

Result<std::unique_ptr<Stream>> Stream::connect(const Endpoint& endpoint,
                                                std::span<const SocketAddress> addresses,
                                                const TlsContext* tls, const Deadline& deadline) {
  const std::string name = endpoint.to_string();
  Error last{ErrorCode::unavailable, name + " has no address", "", true};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const SocketAddress& address = addresses[i];
    const int descriptor =
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
      last.message = fmt::format("no socket for {}: {}", name, errno_text(errno));
      continue;
    }
    std::unique_ptr<Stream> stream(new Stream(name, endpoint.host, descriptor));
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    int error = 0;
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.size) !=
        0) {
      error = errno;
      if (error == EINPROGRESS) {
        // An address that does not answer must leave time for the ones after it.
        const Duration share = deadline.left() / static_cast<int>(addresses.size() - i);
        if (Status ready = stream->wait(POLLOUT, deadline.at_most(share), "connecting to");
            !ready) {
          last = ready.error();
          continue;
        }
        socklen_t size = sizeof(error);
        ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error != 0) {
      last = Error{ErrorCode::unavailable,
                   fmt::format("cannot connect to {}: {}", name, errno_text(error)),
                   "check the address and that something listens there", true};
      continue;
    }
    if (endpoint.is_tls()) {
      if (Status done = stream->shake_hands(*tls, deadline); !done) {
        return tl::unexpected(done.error());
      }
    }
    return stream;
  }
  return tl::unexpected(last);
}

Status Stream::shake_hands(const TlsContext& tls, const Deadline& deadline) {
  session_.reset(SSL_new(tls.native()));
  BIO* bio = BIO_new(silent_socket_bio());
  if (!session_ || bio == nullptr) {
    BIO_free(bio);
    return fail(ErrorCode::internal, "out of memory for a TLS session");
  }
  BIO_set_data(bio, &descriptor_);  // a Stream stays where it is
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
  if (Status named = expect_host(session_.get(), host_); !named) return named;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(session_.get());
    if (result == 1) return {};
    const int error = SSL_get_error(session_.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      const std::string why = tls_failure(session_.get());
      return fail(ErrorCode::unavailable, fmt::format("TLS with {} failed: {}", peer_, why),
                  "check the host name, the certificate and whether the port speaks TLS");
    }
    const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    if (Status ready = wait(events, deadline, "the TLS handshake with"); !ready) return ready;
  }
}

Status Stream::write(std::string_view bytes, const Deadline& deadline, bool& handed_over) {
  while (!bytes.empty()) {
    short events = POLLOUT;
    if (session_) {
      ERR_clear_error();
      // TLS may have sent a record even when it reports an error.
      handed_over = true;
      std::size_t sent = 0;
      const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
      if (result == 1) {
        bytes.remove_prefix(sent);
        continue;
      }
      const int error = SSL_get_error(session_.get(), result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        return broken("writing to", tls_failure(session_.get()));
      }
      if (error == SSL_ERROR_WANT_READ) events = POLLIN;
    } else {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        handed_over = true;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (!would_block(errno)) return broken("writing to", errno_text(errno));
    }
    if (Status ready = wait(events, deadline, "writing to"); !ready) return ready;
  }
  return {};
}

Result<std::size_t> Stream::read(std::span<char> into, const Deadline& deadline) {
  // TLS may hold decrypted bytes that no poll would announce, so it is asked first; a plain socket
  // has nothing yet, so it is waited for first.
  bool ask_first = session_ != nullptr;
  short events = POLLIN;
  for (;;) {
    if (!ask_first) {
      if (Status ready = wait(events, deadline, "reading from"); !ready) {
        return tl::unexpected(ready.error());
      }
    }
    ask_first = false;
    if (session_) {
      ERR_clear_error();
      std::size_t got = 0;
      const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &got);
      if (result == 1) return got;
      const int error = SSL_get_error(session_.get(), result);
      if (error == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        return broken("reading from", tls_failure(session_.get()));
      }
      events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else {
      const ssize_t got = ::recv(descriptor_, into.data(), into.size(), 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR && !would_block(errno)) return broken("reading from", errno_text(errno));
    }
  }
}

void Stream::shut_down() {
  ::shutdown(descriptor_, SHUT_RDWR);
}

bool Stream::wait_for_close(const Deadline& deadline) const {
  pollfd waiting{descriptor_, POLLRDHUP, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, deadline.poll_timeout_ms());
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

void Stream::reset_when_closed() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

bool Stream::is_quiet() {
  char byte = 0;
  if (session_) {
    // Not a look at the socket: TLS 1.3 servers send session tickets unasked.
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_peek_ex(session_.get(), &byte, 1, &got);
    return result != 1 && SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ;
  }
  return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block(errno);
}

}  // namespace weir::net
