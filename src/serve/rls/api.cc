#include "serve/rls/api.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/system_clock.h"
#include "serve/rls/asking.h"
#include "serve/rls/messages.h"

namespace weir::serve::rls {
namespace {

constexpr std::string_view kService = "envoy.service.ratelimit.v3.RateLimitService";
constexpr std::string_view kShouldRateLimit =
    "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
constexpr std::string_view kHealthCheck = "/grpc.health.v1.Health/Check";

net::GrpcReply failure(net::GrpcCode code, std::string message) {
  return {.status = {code, std::move(message)}, .message = {}};
}

net::GrpcReply failure(const Error& error) {
  return failure(error.code == ErrorCode::limit_exceeded ? net::GrpcCode::resource_exhausted
                                                         : net::GrpcCode::invalid_argument,
                 error.to_string());
}

// What is parsed views the message.
struct Parsed {
  net::GrpcCall call;
  Request request;
};

}  // namespace

void RlsApi::answer(net::GrpcCall call, const net::GrpcAnswer& answer) {
  if (call.path == kShouldRateLimit) return should_rate_limit(std::move(call), answer);
  if (call.path == kHealthCheck) return answer(check_health(call.message));
  answer(failure(net::GrpcCode::unimplemented, "there is no such method here"));
}

net::GrpcReply RlsApi::check_health(std::string_view message) const {
  const Result<std::string_view> service = parse_health_request(message);
  if (!service) return failure(service.error());
  if (!service->empty() && *service != kService)
    return failure(net::GrpcCode::not_found, "there is no such service here");
  return {.status = {}, .message = write_health_response(!draining_ && service_.is_store_up())};
}

void RlsApi::should_rate_limit(net::GrpcCall call, const net::GrpcAnswer& answer) {
  const Duration since = base::monotonic_now();
  const auto parsed = std::make_shared<Parsed>(Parsed{std::move(call), {}});
  Result<Request> request = parse_request(parsed->call.message);
  if (!request) return answer(failure(request.error()));
  parsed->request = *std::move(request);
  service_.run([this, since, parsed, answer](const InForce& in_force, Duration waited) {
    const std::optional<Duration> deadline = parsed->call.deadline;
    const Duration begun = base::monotonic_now();
    if (deadline && begun >= *deadline)
      return answer(failure(net::GrpcCode::deadline_exceeded, "nobody waits any longer"));
    Result<Asking> asking =
        Asking::prepare(parsed->request, *in_force.descriptors, *in_force.limiter);
    if (!asking) return answer(failure(asking.error()));
    Decision decision;
    std::vector<engine::RuleAnswer> answers;
    if (asking->is_refused()) {
      decision.verdict = Verdict::refused;
      decision.rule = asking->refused_by();
      decision.reason = "the policy refuses this descriptor always";
    } else {
      identity::Request about{.waited = waited, .has_sender = false};
      // Of the time that the caller gives, an eighth is left for the way back.
      if (deadline && service_.store_may_wait()) {
        const Duration left = (*deadline - begun) * 7 / 8;
        about.waited = std::max(waited, in_force.limiter->policy().store_budget() - left);
      }
      decision = in_force.limiter->decide(about, asking->rules(), answers);
    }
    service_.metrics().count(Api::rls, decision, base::monotonic_now() - since);
    if (decision.verdict == Verdict::unavailable)
      return answer(failure(net::GrpcCode::unavailable, decision.reason));
    if (decision.verdict == Verdict::malformed)
      return answer(failure(net::GrpcCode::invalid_argument, decision.reason));
    answer({.status = {}, .message = write_response(asking->respond(decision, answers))});
  });
}

}  // namespace weir::serve::rls
