// HttpServer: HTTP/1.1 on one address, answered by a function.
//
// Promises:
// - A request reaches the function only when it is whole and within the bounds below. Everything
//   else is answered here: 400, 408, 413, 431, and 503 to connections over the bound.
// - No client holds the server up: a request that is not whole in time, an answer that is not taken
//   in time and a connection that stays idle are ended. Memory is bounded by max_connections times
//   (max_header_bytes + max_body_bytes + an answer).
// - drain() answers what has begun, ends the rest and takes nothing new.
//
// The function runs on one of the server's threads, several at once, and must not wait there: who
// has to wait answers later, from any thread. It must not throw.
//
// Thread safety: every member may be called from any thread but the server's own.
//
//   auto server = HttpServer::listen(*ListenAddress::parse("127.0.0.1:8080"), {},
//                                    [](const ServerRequest& request, Answer answer) {
//                                      answer({.status = 200, .body = "hello\n"});
//                                    });
//   connect to (*server)->address()
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/listen_address.h"
#include "weir/time.h"

namespace weir::net {

struct ServerRequest {
  std::string_view method;
  std::string_view target;  // path and query, as they came
  std::vector<std::pair<std::string_view, std::string_view>> fields;  // as they came
  std::string_view body;
  std::string_view peer;  // the address, without its port; empty: a Unix socket
};

struct ServerResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};
};

// To be called once, from any thread. The request is there until then.
using Answer = std::function<void(ServerResponse)>;
using OnRequest = std::function<void(const ServerRequest&, Answer)>;

struct HttpServerOptions {
  int threads = 1;
  std::size_t max_connections = 4096;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 256 * 1024;
  Duration request_time = std::chrono::seconds(10);  // to send a request; to take an answer
  Duration idle_time = std::chrono::seconds(60);     // between requests
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> listen(const ListenAddress& address,
                                                    const HttpServerOptions& options,
                                                    OnRequest on_request);
  // Ends every connection at once. Whatever still owes an answer may give it afterwards; nobody
  // hears it.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // With the port that was chosen.
  const ListenAddress& address() const;
  std::size_t connections() const;

  // Takes nothing new, answers what has begun, and returns when all connections are gone or
  // `patience` is over. Says whether they are gone.
  bool drain(Duration patience);

 private:
  struct Parts;
  explicit HttpServer(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace weir::net
