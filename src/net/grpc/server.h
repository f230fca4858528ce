// GrpcServer: unary gRPC calls over HTTP/2 in clear (h2c, with prior knowledge), on one address,
// each answered by a function. HTTP/2 itself is nghttp2's.
//
// Promises:
// - A call reaches the function only when it is whole and within the bounds below. Everything else
//   is answered here, as gRPC's protocol says: 415 for what is no gRPC; a status for compressed,
//   oversize or missing messages, header fields over the bound and calls that take too long to
//   come.
// - No client holds the server up, nor makes it keep more than max_window_bytes and kMaxUnsent a
//   connection: floods of resets, pings, settings and header blocks end the connection (nghttp2's
//   bounds), so does a client that neither takes answers nor answers a ping. Idle connections stay,
//   as gRPC clients expect, as long as they answer a ping each idle_time.
// - drain() tells every client to go elsewhere (GOAWAY, in two steps, so that no call is lost on
// the
//   way), answers what has begun, and ends the rest.
//
// The function runs on one of the server's threads, several at once, and must not wait there: who
// has to wait answers later, from any thread. It must not throw.
//
// Thread safety: every member may be called from any thread but the server's own.
//
//   auto server = GrpcServer::listen(*ListenAddress::parse("127.0.0.1:8081"), {},
//                                    [](GrpcCall call, GrpcAnswer answer) {
//                                      answer({.message = call.message});  // an echo
//                                    });
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/grpc/message.h"
#include "net/listen_address.h"
#include "weir/time.h"

namespace weir::net {

struct GrpcCall {
  std::string path;     // "/package.Service/Method"
  std::string message;  // as it came, not parsed
  // Until when the client waits, by base::monotonic_now(); nullopt: it does not say.
  std::optional<Duration> deadline;
};

struct GrpcReply {
  GrpcStatus status = {};
  std::string message = {};  // if the status is ok
};

// To be called once, from any thread.
using GrpcAnswer = std::function<void(GrpcReply)>;
using OnCall = std::function<void(GrpcCall, GrpcAnswer)>;

struct GrpcServerOptions {
  int threads = 1;
  std::size_t max_connections = 4096;
  std::size_t max_streams = 1000;                    // calls at once on one connection
  std::size_t max_header_bytes = 16 * 1024;          // as RFC 9113 counts them
  std::size_t max_message_bytes = 64 * 1024;         // of a call
  std::size_t max_window_bytes = 256 * 1024;         // of calls that are not whole, a connection
  Duration request_time = std::chrono::seconds(10);  // to send a call; to take an answer
  Duration idle_time = std::chrono::seconds(60);     // until a silent connection is pinged
};

class GrpcServer {
 public:
  static Result<std::unique_ptr<GrpcServer>> listen(const ListenAddress& address,
                                                    const GrpcServerOptions& options,
                                                    OnCall on_call);
  // Ends every connection at once. Whatever still owes an answer may give it afterwards; nobody
  // hears it.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Answers that a connection holds because its client does not take them; calls beyond are
  // refused.
  static constexpr std::size_t kMaxUnsent = 1024 * 1024;

  // With the port that was chosen.
  const ListenAddress& address() const;
  std::size_t connections() const;

  // Takes nothing new, answers what has begun, and returns when all connections are gone or
  // `patience` is over. Says whether they are gone.
  bool drain(Duration patience);

 private:
  struct Parts;
  explicit GrpcServer(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace weir::net
