// Stream: one TCP connection, plain or TLS, whose every step ends by a deadline.
//
// Blocking calls on a non-blocking socket; no signal is ever raised (MSG_NOSIGNAL), also under TLS.
// Destroying a Stream closes the descriptor and nothing else: no TLS close_notify, so that a child
// process that drops an inherited Stream does not end its parent's session.
//
// Thread safety: one thread at a time, but for shut_down(), which any may call.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/deadline.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "net/url.h"

namespace weir::net {

class Stream {
 public:
  // Tries the addresses in order until one answers, then shakes hands if the endpoint says https;
  // `tls` may be null otherwise.
  static Result<std::unique_ptr<Stream>> connect(const Endpoint& endpoint,
                                                 std::span<const SocketAddress> addresses,
                                                 const TlsContext* tls, const Deadline& deadline);
  // Takes over a connection that somebody made to us. `peer` is its name in messages.
  static std::unique_ptr<Stream> adopt(int descriptor, std::string peer);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Writes all of it. `handed_over` says whether any of it may have left this process.
  Status write(std::string_view bytes, const Deadline& deadline, bool& handed_over);

  // Waits for at least one byte; 0 means that the peer has closed.
  Result<std::size_t> read(std::span<char> into, const Deadline& deadline);

  // An idle connection can be used again: the peer has neither closed it nor said anything unasked.
  bool is_quiet();

  // Ends the connection in both directions: whoever waits on it, on any thread, goes on at once.
  void shut_down();
  // Waits until the peer has closed, or shut_down(); false if neither has come by the deadline.
  bool wait_for_close(const Deadline& deadline) const;
  // Closing then resets the connection, so that the peer sees an error and no orderly end.
  void reset_when_closed();

 private:
  Stream(std::string peer, std::string host, int descriptor);
  Status shake_hands(const TlsContext& tls, const Deadline& deadline);
  // Waits until the socket is ready for `events`.
  Status wait(short events, const Deadline& deadline, std::string_view doing) const;
  tl::unexpected<Error> broken(std::string_view doing, std::string_view why) const;

  struct SslFree {
    void operator()(ssl_st* session) const;
  };

  std::string peer_;
  std::string host_;
  int descriptor_;
  std::unique_ptr<ssl_st, SslFree> session_;  // null: plain TCP
};

}  // namespace weir::net
