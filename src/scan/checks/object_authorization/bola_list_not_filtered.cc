#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/object_authorization/checks.h"
#include "scan/checks/object_authorization/object.h"

namespace weir::scan::object_authorization {
namespace {

bool names_one_of(const std::vector<Leaf>& owners, const std::vector<std::string>& names) {
  return std::any_of(owners.begin(), owners.end(), [&](const Leaf& leaf) {
    return leaf.shape.find("[]") != std::string::npos &&
           std::find(names.begin(), names.end(), leaf.text) != names.end();
  });
}

CheckOutcome run(Surface& surface) {
  if (!surface.has_other()) {
    return CheckOutcome::not_applicable("no other user's credential was given (--as-other)");
  }
  if (surface.base_request().method != "GET") return CheckOutcome::not_applicable("no GET");
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  if (owners_in(own).empty()) return CheckOutcome::not_applicable("no list that names owners");
  if (!surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("the list is not kept from anonymous callers");
  }
  const auto user = names_of_bearer(surface.credential_headers());
  const auto other = names_of_bearer(surface.plan().other);
  if (user.empty() || other.empty() || user == other) {
    return CheckOutcome::inconclusive("the credentials do not say whose they are (no JWT)");
  }
  const Answer& theirs = surface.other();
  if (!theirs.served()) {
    return CheckOutcome::protected_(fmt::format("the other user gets {}", theirs.status()));
  }
  const bool user_sees_other = names_one_of(owners_in(own), other);
  const bool other_sees_user = names_one_of(owners_in(theirs), user);
  if (!user_sees_other || !other_sees_user) {
    return CheckOutcome::protected_("neither user's list names the other as an owner of both");
  }
  const Answer again = surface.send(surface.as_other(surface.base_request()), "variant");
  if (!names_one_of(owners_in(again), user)) return CheckOutcome::inconclusive("seen once only");
  Evidence evidence = surface.evidence(
      "each of two users, whom their tokens name, gets a list with the other's objects in it",
      {&surface.anonymous(), &own, &theirs, &again});
  evidence.curl = surface.curl_without_secrets(theirs.sent.request);
  return CheckOutcome::vulnerable(Confidence::firm, std::move(evidence));
}

const CheckInfo kInfo = {
    "bola-list-not-filtered",
    "Lists hold the objects of other users",
    Severity::high,
    "object-authorization",
    {"API1:2023", "API3:2023"},
    {639},
    {"6.2.4"},
    "Nobody even has to guess ids.",
    "Filter by owner in the query, not in the client.",
    "get_queryset() returns Order.objects.filter(owner=request.user); in DynamoDB a Query by the "
    "owner's key, never a Scan.",
    "",
    "Each of two users gets a list that names the other as an owner, as their tokens (JWT) name "
    "them, and anonymous callers are denied. Firm: the list may be one that both are meant to "
    "see."};

}  // namespace

const SurfaceCheck kBolaListNotFiltered = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::object_authorization
