#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "scan/checks/function_authorization/checks.h"
#include "scan/surface/body.h"

namespace weir::scan::function_authorization {
namespace {

constexpr int kRounds = 3;

// Which segment of the path, or tag of the document, says that this is not for everybody.
std::string management_name(const Surface& surface) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "admin",      "administration", "administrator", "internal",   "manage",
      "management", "backoffice",     "staff",         "superadmin", "ops"};
  const auto names_it = [](std::string_view text) {
    return std::find(kNames.begin(), kNames.end(), base::lower_case(text)) != kNames.end();
  };
  std::string_view rest = surface.base_request().path();
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (names_it(segment)) return fmt::format("the path's {}", segment);
    rest.remove_prefix(segment.size());
  }
  if (surface.declared() != nullptr) {
    for (const std::string& tag : surface.declared()->tags) {
      if (names_it(tag)) return fmt::format("the document's tag {}", tag);
    }
  }
  return {};
}

CheckOutcome run(Surface& surface) {
  if (!surface.has_other()) {
    return CheckOutcome::not_applicable("no ordinary user's credential was given (--as-other)");
  }
  const std::string name = management_name(surface);
  if (name.empty() || !surface.is_read_only()) {
    return CheckOutcome::not_applicable("no GET whose path or tag says that it is for operators");
  }
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  if (!surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("anonymous callers are not denied: see auth-not-enforced");
  }
  const Answer& other = surface.other();
  if (!other.ok()) return CheckOutcome::inconclusive("no answer to the other user");
  if (!other.served()) {
    return CheckOutcome::protected_(fmt::format("the other user gets {}", other.status()));
  }
  if (!surface.same_document(other, own)) {
    return CheckOutcome::inconclusive("the other user is served, but something else");
  }
  for (int round = 1; round < kRounds; ++round) {
    if (!surface.same_document(surface.send(surface.as_other(surface.base_request()), "variant"),
                               own)) {
      return CheckOutcome::inconclusive("the other user got it once only");
    }
  }
  Evidence evidence = surface.evidence(
      fmt::format("{} says that it is for operators; the other, ordinary user gets the same "
                  "document, {} times of {}; without a credential it is {}",
                  name, kRounds, kRounds, surface.anonymous().status()),
      {&own, &surface.anonymous(), &other});
  evidence.rounds = kRounds;
  evidence.curl = surface.curl_without_secrets(other.sent.request);
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "bfla-admin-read-as-user",
    "An ordinary user reaches what is for operators",
    Severity::critical,
    "function-authorization",
    {"API5:2023"},
    {285, 862},
    {"6.2.4"},
    "Being signed in is all that is asked for; what one may do is not.",
    "Ask for the role where the operation is, and deny by default.",
    "permission_classes = [IsAdminUser] on every view below /admin.",
    "",
    "The path or a tag says admin, internal, manage and the like; the ordinary user of --as-other "
    "gets the operator's document three times of three, and anonymous callers are denied."};

}  // namespace

const SurfaceCheck kBflaAdminReadAsUser = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::function_authorization
