// RlsApi: what the daemon answers over gRPC.
//
//   envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit   one decision about all
//   descriptors grpc.health.v1.Health/Check                                   as GET /readyz
//
// A request is decided whole: either every rule of every descriptor has room and is charged, or
// none stays charged. A store that cannot decide is UNAVAILABLE, never OVER_LIMIT, where a rule's
// failure policy does not admit.
//
// Thread safety: answer() may be called from any thread, and may answer from another one.
#pragma once

#include <atomic>

#include "net/grpc/server.h"
#include "serve/service.h"

namespace weir::serve::rls {

class RlsApi {
 public:
  // `service` must outlive this object and every answer.
  explicit RlsApi(Service& service) : service_(service) {}

  void answer(net::GrpcCall call, const net::GrpcAnswer& answer);

  // Health says no from now on.
  void set_draining() { draining_ = true; }

 private:
  void should_rate_limit(net::GrpcCall call, const net::GrpcAnswer& answer);
  net::GrpcReply check_health(std::string_view message) const;

  Service& service_;
  std::atomic<bool> draining_ = false;
};

}  // namespace weir::serve::rls
