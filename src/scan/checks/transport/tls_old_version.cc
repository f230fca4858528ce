#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.is_https()) return CheckOutcome::not_applicable("the API is not scanned over https");
  if (!surface.plan().look_at_tls) return CheckOutcome::inconclusive("TLS was not looked at");
  const TlsFacts facts = surface.plan().look_at_tls();
  if (!facts.old_versions.empty()) {
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("a handshake that offers nothing newer succeeds with {}",
                                     fmt::join(facts.old_versions, " and with ")),
                         {}));
  }
  if (!facts.reached) return CheckOutcome::inconclusive("no handshake succeeded at all");
  return CheckOutcome::protected_(
      fmt::format("TLS 1.0 and 1.1 are refused, {} is agreed", facts.version));
}

const CheckInfo kInfo = {
    "tls-old-version",
    "TLS 1.0 or 1.1 is accepted",
    Severity::medium,
    "transport",
    {"API8:2023"},
    {326, 327},
    {"4.2.1"},
    "TLS before 1.2 rests on SHA-1 and MD5 and on ciphers with known attacks; RFC 8996 forbids "
    "it.",
    "Accept TLS 1.2 and 1.3 only, where TLS ends: load balancer, CDN or web server.",
    "Django does not end TLS: set the policy of the load balancer, such as "
    "ELBSecurityPolicy-TLS13-1-2-2021-06.",
    "",
    "A handshake that offers TLS 1.0 or 1.1 only succeeds."};

}  // namespace

const SurfaceCheck kTlsOldVersion = {&kInfo, Scope::target, run};

}  // namespace weir::scan::transport
