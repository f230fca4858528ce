#include <fmt/format.h>

#include "scan/checks/data_exposure/checks.h"
#include "scan/surface/patterns.h"

namespace weir::scan::data_exposure {
namespace {

constexpr std::size_t kMany = 5;

CheckOutcome run(Surface& surface) {
  const Answer& answer = surface.has_credentials() ? surface.anonymous() : surface.baseline();
  if (!answer.ok()) return CheckOutcome::inconclusive("no answer");
  if (!answer.served()) {
    return CheckOutcome::protected_(
        fmt::format("without a credential the answer is {}", answer.status()));
  }
  const auto emails = find_emails(answer.response.body, 1000);
  if (emails.size() < kMany) {
    return CheckOutcome::protected_(
        fmt::format("without a credential {} e-mail addresses are sent", emails.size()));
  }
  // Seen twice: not a page of contacts that came by chance.
  const Answer again = surface.send(answer.sent, "again, no credential");
  if (find_emails(again.response.body, 1000).size() < kMany) {
    return CheckOutcome::inconclusive("the addresses were sent once only");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("without a credential {} different e-mail addresses are sent, "
                                   "one of them {}...@{}",
                                   emails.size(), emails.front().substr(0, 1),
                                   emails.front().substr(emails.front().find('@') + 1)),
                       {&answer, &again}));
}

const CheckInfo kInfo = {
    "pii-exposed-anonymous",
    "People's addresses are sent to anybody",
    Severity::high,
    "data-exposure",
    {"API3:2023", "API2:2023"},
    {359},
    {},
    "The list can be taken without an account: for phishing, and as the user names of a password "
    "attack.",
    "Ask for a credential, and send an address only to those who need it.",
    "permission_classes = [IsAuthenticated] as the default, and a serializer without email for "
    "lists.",
    "",
    "Five or more different e-mail addresses come without a credential, twice."};

}  // namespace

const SurfaceCheck kPiiExposedAnonymous = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
