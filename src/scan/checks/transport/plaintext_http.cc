#include <fmt/format.h>

#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {
namespace {

CheckOutcome run(Surface& surface) {
  if (surface.is_https()) return CheckOutcome::protected_("the API is scanned over https");
  if (surface.plan().loopback) {
    return CheckOutcome::not_applicable("this machine is reached without a network");
  }
  const Answer& first = surface.baseline();
  if (!first.served()) {
    return CheckOutcome::protected_(fmt::format("http is answered with {}", first.status()));
  }
  const Answer again = surface.send(surface.base(), "base");
  if (!again.served()) return CheckOutcome::inconclusive("http was served once only");
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("http without TLS is served: {} with {} bytes, twice",
                                   first.status(), first.response.body.size()),
                       {&first, &again}));
}

const CheckInfo kInfo = {
    "plaintext-http",
    "The API answers over plain HTTP",
    Severity::high,
    "transport",
    {"API8:2023"},
    {319},
    {"4.2.1"},
    "Whoever sits between client and server reads and changes requests and answers, credentials "
    "among them.",
    "Serve https only: refuse plain HTTP for API paths instead of redirecting, so that a client "
    "that sends a credential over http is noticed the first time.",
    "SECURE_SSL_REDIRECT = True, SECURE_PROXY_SSL_HEADER for the proxy that ends TLS, and "
    "SECURE_HSTS_SECONDS = 31536000.",
    "",
    "The API serves over plain http, twice, on a host that is not this machine."};

}  // namespace

const SurfaceCheck kPlaintextHttp = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::transport
