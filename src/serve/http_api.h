// HttpApi: the daemon's HTTP interface. schemas/weir-serve.openapi.json describes it and is served
// too.
//
//   POST /v1/check    decides one request or several (check_request.h); always 200, the decision is
//   in
//                     the body: what to answer to the client, and an id if it is to be finished
//   POST /v1/finish   {"id": "..."}: the request is over                                204
//   POST /v1/settle   {"id": "...", "cost": n}: what it came to                         200
//   GET  /v1/auth     for proxies that ask before they forward: nginx auth_request, Caddy
//   forward_auth,
//                     Traefik forwardAuth. 200, or what the client is to be told. Facts that only
//                     the proxy may state are query parameters: route, method, client_ip, user,
//                     cost.
//   GET  /metrics     Prometheus
//   GET  /healthz     200: the process answers
//   GET  /readyz      200: it takes requests and its store can decide; else 503
//   GET  /openapi.json
//
// Whoever reaches the listener may ask all of it.
//
// Thread safety: answer() may be called from any thread, and may answer from another one.
#pragma once

#include <atomic>
#include <string_view>

#include "net/http_server.h"
#include "serve/service.h"

namespace weir::serve {

class HttpApi {
 public:
  // `service` must outlive this object and every answer.
  explicit HttpApi(Service& service) : service_(service) {}

  void answer(const net::ServerRequest& request, net::Answer answer);

  // /readyz says no from now on, so that nobody sends more.
  void set_draining() { draining_ = true; }

 private:
  void check(const net::ServerRequest& request, net::Answer answer);
  void auth(const net::ServerRequest& request, std::string_view query, net::Answer answer);
  void finish(const net::ServerRequest& request, net::Answer answer);
  void settle(const net::ServerRequest& request, net::Answer answer);
  net::ServerResponse ready() const;

  Service& service_;
  std::atomic<bool> draining_ = false;
};

}  // namespace weir::serve
