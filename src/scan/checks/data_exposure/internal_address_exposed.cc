#include <fmt/format.h>

#include "scan/checks/data_exposure/checks.h"
#include "scan/surface/patterns.h"

namespace weir::scan::data_exposure {
namespace {

CheckOutcome run(Surface& surface) {
  const auto answers = surface.look_around();
  for (const Answer* answer : answers) {
    std::string text = answer->response.body;
    for (const Header& header : answer->response.headers) text += "\n" + header.value;
    const auto address = find_internal_address(text);
    // The address that the scan itself uses is no news to whoever asks.
    if (!address || surface.plan().origin.find(*address) != std::string::npos) continue;
    return CheckOutcome::vulnerable(
        Confidence::firm,
        surface.evidence(fmt::format("the answer names {}", address->substr(0, 80)), {answer}));
  }
  if (answers.empty()) return CheckOutcome::inconclusive("no answer");
  return CheckOutcome::protected_("no address of a private network in the answers");
}

const CheckInfo kInfo = {
    "internal-address-exposed",
    "Answers name addresses of the inner network",
    Severity::low,
    "data-exposure",
    {"API8:2023"},
    {200},
    {},
    "They say where a forged request of the server (SSRF) would have to go, and name accounts and "
    "buckets.",
    "Send public names only; take upstream headers (X-Backend, Via) off at the edge.",
    "Build absolute URLs with request.build_absolute_uri() and USE_X_FORWARDED_HOST set for your "
    "proxy.",
    "",
    "An answer names a private address, an ARN, a bucket, or a host below .internal."};

}  // namespace

const SurfaceCheck kInternalAddressExposed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
