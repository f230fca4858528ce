#include <fmt/format.h>

#include "scan/checks/authentication/checks.h"

namespace weir::scan::authentication {
namespace {

CheckOutcome run(Surface& surface) {
  const Answer& answer = surface.has_credentials() ? surface.anonymous() : surface.baseline();
  if (!answer.ok()) return CheckOutcome::inconclusive("no answer");
  if (answer.status() != 401) return CheckOutcome::not_applicable("no answer is 401");
  if (!answer.header("WWW-Authenticate").empty()) {
    return CheckOutcome::protected_("WWW-Authenticate: " +
                                    std::string(answer.header("WWW-Authenticate").substr(0, 60)));
  }
  const Answer again = surface.send(answer.sent, "again, no credential");
  if (again.status() != 401 || !again.header("WWW-Authenticate").empty()) {
    return CheckOutcome::inconclusive("seen once only");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence("401 without WWW-Authenticate, twice", {&answer, &again}));
}

const CheckInfo kInfo = {
    "missing-www-authenticate",
    "A denial does not say which credential it wants",
    Severity::info,
    "authentication",
    {"API2:2023"},
    {684},
    {},
    "RFC 9110 §11.6.1 asks for it; clients cannot tell a missing credential from a wrong one.",
    "WWW-Authenticate: Bearer realm=\"api\" with every 401.",
    "authenticate_header() of the first authentication class in Django REST framework.",
    "",
    "401 without WWW-Authenticate, twice."};

}  // namespace

const SurfaceCheck kMissingWwwAuthenticate = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
