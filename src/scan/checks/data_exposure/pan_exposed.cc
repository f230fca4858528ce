#include <fmt/format.h>

#include "scan/checks/data_exposure/checks.h"
#include "scan/surface/patterns.h"

namespace weir::scan::data_exposure {
namespace {

CheckOutcome run(Surface& surface) {
  const Answer& answer = surface.baseline();
  if (!answer.served()) return CheckOutcome::inconclusive("the operation is not served");
  const auto leaves = leaves_of(answer.response.body);
  if (!leaves) return CheckOutcome::not_applicable("the body is no JSON");
  const auto numbers = find_card_numbers(*leaves);
  if (numbers.empty()) return CheckOutcome::protected_("no card number that holds");
  const std::string& first = numbers.front();
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(
          fmt::format("{} whole card number(s), the first {}...{}: the check digit and the issuer "
                      "hold, and the fields speak of cards",
                      numbers.size(), first.substr(0, 4), first.substr(first.size() - 2)),
          {&answer}));
}

const CheckInfo kInfo = {
    "pan-exposed",
    "Whole card numbers are sent",
    Severity::critical,
    "data-exposure",
    {"API3:2023"},
    {359, 312},
    {"3.4.1"},
    "A card number can be charged. PCI DSS lets the first six and last four digits be shown, and "
    "no more without a business need.",
    "Send the last four digits, or the payment provider's token; keep whole numbers out of the API "
    "altogether.",
    "Store the provider's token, not the number; a serializer with card_last4 as the only field of "
    "it.",
    "",
    "Check digit and issuer of a card number hold, and a key speaks of cards. Numbers published "
    "for tests do not count."};

}  // namespace

const SurfaceCheck kPanExposed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
