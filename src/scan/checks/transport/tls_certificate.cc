#include <fmt/format.h>

#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {
namespace {

constexpr double kSoonDays = 14;

CheckOutcome run(Surface& surface) {
  if (!surface.is_https()) return CheckOutcome::not_applicable("the API is not scanned over https");
  if (!surface.plan().look_at_tls) return CheckOutcome::inconclusive("TLS was not looked at");
  const TlsFacts facts = surface.plan().look_at_tls();
  if (!facts.reached) return CheckOutcome::inconclusive("no handshake succeeded");
  std::string flaw;
  if (facts.days_left && *facts.days_left < 0) {
    flaw = fmt::format("ended {:.0f} days ago", -*facts.days_left);
  } else if (!facts.name_matches) {
    flaw = "is for another name";
  } else if (!facts.chain_flaw.empty()) {
    flaw = "does not hold: " + facts.chain_flaw;
  } else if (facts.days_left && *facts.days_left < kSoonDays) {
    flaw = fmt::format("ends in {:.0f} days", *facts.days_left);
  }
  if (flaw.empty()) {
    return CheckOutcome::protected_(
        fmt::format("it holds for {:.0f} more days", facts.days_left.value_or(0)));
  }
  return CheckOutcome::vulnerable(Confidence::confirmed,
                                  surface.evidence("the certificate " + flaw, {}));
}

const CheckInfo kInfo = {
    "tls-certificate",
    "The certificate does not hold",
    Severity::medium,
    "transport",
    {"API8:2023"},
    {295, 298},
    {"4.2.1"},
    "Clients either stop, or have been told not to verify; the latter then accept anybody's "
    "certificate.",
    "Have certificates renewed by themselves (ACME, or the provider's own), for every name that "
    "clients use.",
    "Django does not end TLS: renew the certificate where TLS ends, such as in AWS Certificate "
    "Manager.",
    "",
    "The certificate of the handshake has ended, ends within 14 days, is for another name, or its "
    "chain does not hold."};

}  // namespace

const SurfaceCheck kTlsCertificate = {&kInfo, Scope::target, run};

}  // namespace weir::scan::transport
