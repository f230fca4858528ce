// Proxy: stands between an application and DynamoDB, passes every byte on unchanged, and says what
// it saw. Exchanges that a Treatment asks for apart, it is as if it were not there.
//
// Promises:
// - The answer's bytes are those of the upstream; so are the request's, unless it is signed anew
//   (then method, target, body and all fields but Host and those of the signature are kept).
// - One upstream connection for each of the application's, used in the same order; nothing is sent
//   twice, and nothing is answered that the upstream did not answer, but for a 502 where it could
//   not be reached and nothing was sent, and a 400 to what is no HTTP/1.1. An upstream that ends a
//   connection without an answer ends the application's.
// - Bounded: kMaxConnections (what comes beyond them is closed), the sizes of tap/message.h, and a
//   deadline for each step.
// - stop() lets the exchanges that have begun end, within its patience.
//
// Thread safety: one thread for each connection, on which `sign`, `treat` and `saw` are called, at
// once.
// Every member may be called from any thread.
//
//   auto proxy = Proxy::start({.listen = ..., .upstream = ..., .saw = record}, clock);
//   point the application at (*proxy)->address()
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/listen_address.h"
#include "net/tls.h"
#include "net/url.h"
#include "tap/message.h"
#include "tap/rewrite.h"
#include "tap/treatment.h"
#include "weir/clock.h"
#include "weir/time.h"

namespace weir::tap {

inline constexpr std::size_t kMaxConnections = 512;

// One request and what became of it.
struct Exchange {
  std::uint64_t connection = 0;
  std::string operation;   // "UpdateItem"; empty: none is named
  Time at{};               // when the request was complete
  Duration took{};         // until the answer was
  Message request;         // without its wire
  Message answer;          // without its wire; status 0: there was none
  std::string fault = {};  // the name of the treatment
};

struct ProxyOptions {
  net::ListenAddress listen;
  net::Endpoint upstream;
  net::TlsOptions tls = {};
  // The fields of a signature for this request to the upstream; empty: requests go as they came.
  std::function<Result<Fields>(const Message& request)> sign = {};
  std::function<Treatment(const Call&)> treat = {};  // empty: all are passed on
  std::function<void(Exchange)> saw = {};            // before the application has the answer
};

class Proxy {
 public:
  static Result<std::unique_ptr<Proxy>> start(ProxyOptions options, Clock& clock);
  ~Proxy();  // stops without patience
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // With the port that was chosen.
  const net::ListenAddress& address() const;
  std::uint64_t exchanges() const;
  // Takes nothing new; returns once every connection has ended, which they do after `patience`.
  void stop(Duration patience);

 private:
  class Impl;
  explicit Proxy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::tap
