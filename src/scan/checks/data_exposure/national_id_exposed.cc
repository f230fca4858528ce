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
  const auto paths = find_national_ids(*leaves);
  if (paths.empty()) {
    return CheckOutcome::protected_("no identity or account number whose form holds");
  }
  return CheckOutcome::vulnerable(
      Confidence::firm,
      surface.evidence(fmt::format("{} whole number(s) of identity or account, the first at {}",
                                   paths.size(), paths.front().substr(0, 100)),
                       {&answer}));
}

const CheckInfo kInfo = {
    "national-id-exposed",
    "Whole identity or bank account numbers are sent",
    Severity::high,
    "data-exposure",
    {"API3:2023"},
    {359},
    {},
    "They are what identities are stolen with, and cannot be changed as a password can.",
    "Mask all but the last characters, and send the whole number only where a person has to read "
    "it.",
    "A serializer field that masks: SerializerMethodField returning value[-4:].",
    "",
    "An IBAN whose check digits hold (mod 97), or a US social security number below a key that "
    "says so."};

}  // namespace

const SurfaceCheck kNationalIdExposed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
