#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"
#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {
namespace {

constexpr long kHalfAYearS = 15'552'000;

// Of "max-age=31536000; includeSubDomains"; -1 if it says none.
long max_age_s(std::string_view value) {
  const std::string low = base::lower_case(value);
  const std::size_t at = low.find("max-age=");
  if (at == std::string::npos) return -1;
  const std::size_t start = low.find_first_not_of('"', at + 8);
  if (start == std::string::npos) return -1;
  long seconds = -1;
  std::from_chars(low.data() + start, low.data() + low.size(), seconds);
  return seconds;
}

CheckOutcome run(Surface& surface) {
  if (!surface.is_https()) return CheckOutcome::not_applicable("the API is not scanned over https");
  if (surface.plan().loopback) {
    return CheckOutcome::not_applicable("browsers reach this machine without a network");
  }
  const Answer& answer = surface.baseline();
  if (!answer.ok()) return CheckOutcome::inconclusive("no answer");
  const long seconds = max_age_s(answer.header("Strict-Transport-Security"));
  if (seconds >= kHalfAYearS) {
    return CheckOutcome::protected_(fmt::format("Strict-Transport-Security for {} s", seconds));
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(seconds < 0
                           ? std::string("the answer has no Strict-Transport-Security")
                           : fmt::format("Strict-Transport-Security holds for {} s only, less than "
                                         "half a year",
                                         seconds),
                       {&answer}));
}

const CheckInfo kInfo = {
    "hsts-missing",
    "Browsers are not told to stay with https",
    Severity::low,
    "transport",
    {"API8:2023"},
    {523},
    {},
    "A browser that is led to an http:// address once may be kept there and read along.",
    "Send Strict-Transport-Security: max-age=31536000; includeSubDomains (RFC 6797).",
    "SECURE_HSTS_SECONDS = 31536000 and SECURE_HSTS_INCLUDE_SUBDOMAINS = True, with "
    "SecurityMiddleware.",
    "",
    "An answer over https, from a host that is not this machine, has no Strict-Transport-Security "
    "of half a year."};

}  // namespace

const SurfaceCheck kHstsMissing = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::transport
