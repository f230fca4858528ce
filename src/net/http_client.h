// HttpClient: HTTP/1.1 to services that Weir itself calls (DynamoDB, credential endpoints).
//
// Promises:
// - Every call ends by its deadline: looking up, connecting, TLS, writing and reading together.
// - A failed call says what became of the request: not_sent (certainly nothing of it left this
//   process) or unknown (the other side may have done it). It is up to the caller to repeat it;
//   the client itself only does so while nothing was sent, or for GET and HEAD when the server
//   closed an idle connection at the very moment of its reuse.
// - Connections are kept alive and reused by one call at a time; at most `max_connections` are
// open.
//   One that the server has closed meanwhile is noticed before it is written to.
// - Nothing that a server sends makes it hang or take more memory than the caps below.
// - Redirects are not followed, proxies not used, cookies not kept.
//
// Thread safety: call() may be called from any thread. After a fork the child starts with no
// connections and leaves its parent's alone.
//
//   HttpClient client;
//   HttpRequest request{.method = "GET", .target = "/latest/meta-data/"};
//   HttpOutcome outcome = client.call(endpoint, request, std::chrono::seconds(1));
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/tls.h"
#include "net/url.h"
#include "weir/time.h"

namespace weir::net {

class Deadline;
class Stream;

struct Header {
  std::string_view name;
  std::string_view value;
};

// Host, Content-Length and Connection are added by the client.
struct HttpRequest {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::span<const Header> headers = {};
  std::string_view body = {};
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first header of that name, in any letter case; nullptr if there is none.
  const std::string* find(std::string_view name) const;
};

enum class Delivery {
  not_sent,  // nothing of the request left this process: repeating it is safe
  unknown,   // all or part of it was sent and no whole answer came: it may have been done
};

struct HttpFailure {
  Delivery delivery = Delivery::not_sent;
  Error error;
};

using HttpOutcome = tl::expected<HttpResponse, HttpFailure>;

// What callers depend on, so that a store can be given another way to its service.
class HttpCaller {
 public:
  virtual ~HttpCaller() = default;
  virtual HttpOutcome call(const Endpoint& endpoint, const HttpRequest& request,
                           Duration budget) = 0;
};

struct HttpClientOptions {
  std::size_t max_connections = 64;              // over all endpoints; more calls wait their turn
  std::size_t max_response_bytes = 1024 * 1024;  // of the body
  std::size_t max_header_bytes = 16 * 1024;      // of the status line and all headers
  Duration max_idle = std::chrono::seconds(20);  // a connection unused for longer is not reused
};

class HttpClient final : public HttpCaller {
 public:
  // The trusted certificates are read at the first https call: reading them takes a while.
  explicit HttpClient(TlsOptions tls = {}, HttpClientOptions options = {});
  ~HttpClient() override;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpOutcome call(const Endpoint& endpoint, const HttpRequest& request, Duration budget) override;

  // Connections made so far, in this process: shows whether they are reused.
  std::uint64_t connections_made() const;

 private:
  class Pool;
  Pool& pool() const;  // this process's own
  const Result<TlsContext>& tls() const;
  HttpOutcome exchange(Pool& connections, std::unique_ptr<Stream>& stream, const Endpoint& endpoint,
                       const HttpRequest& request, std::string_view wire,
                       const Deadline& deadline) const;

  const TlsOptions tls_options_;
  mutable std::once_flag tls_once_;
  mutable Result<TlsContext> tls_ = TlsContext();
  const HttpClientOptions options_;
  mutable std::atomic<Pool*> pool_;
};

}  // namespace weir::net
