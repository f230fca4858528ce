// HTTP/1.1 over TCP or TLS, on sockets of our own: what a Request says is what goes out.
//
// Promises: every exchange ends by its deadline; at most kMaxBodyBytes of a body and
// kMaxResponseHeaderBytes of headers are kept; at most kMaxTogether connections are open at once.
// TLS 1.2 or newer; the certificate and the host name are verified unless the caller says not to.
// Thread safety: one thread at a time.
//
//   auto transport = HttpTransport::create(url->endpoint(), clock, {});
//   Response response = (*transport)->send({.target = "/api/quote"});
#pragma once

#include <memory>

#include "base/result.h"
#include "net/url.h"
#include "scan/probe/transport.h"
#include "weir/clock.h"

namespace weir::scan {

inline constexpr std::size_t kMaxTogether = 64;

struct HttpOptions {
  Duration deadline = std::chrono::seconds(10);  // for one exchange, connecting included
  bool verify_tls = true;
};

class HttpTransport final : public Transport {
 public:
  // Looks the host up once: a name that changes its address during a scan would change the target.
  static Result<std::unique_ptr<HttpTransport>> create(const net::Endpoint& endpoint, Clock& clock,
                                                       HttpOptions options);
  ~HttpTransport() override;

  Response send(const Request& request) override;
  std::vector<Response> send_together(std::span<const Request> requests) override;
  std::vector<Response> send_while_holding(
      const Request& held, const Request& request, Duration patience,
      const std::function<bool(const Response&)>& go_on) override;

  // True if the address that the name stands for is this machine.
  bool is_loopback() const;
  bool is_loopback_v4() const;

 private:
  struct State;
  explicit HttpTransport(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::scan
