#include <fmt/format.h>

#include "scan/checks/object_authorization/checks.h"
#include "scan/checks/object_authorization/object.h"

namespace weir::scan::object_authorization {
namespace {

constexpr int kRounds = 3;

CheckOutcome run(Surface& surface) {
  if (!surface.has_other()) {
    return CheckOutcome::not_applicable("no other user's credential was given (--as-other)");
  }
  const auto object = object_of(surface);
  if (!object) return CheckOutcome::not_applicable("the path names no object");
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  if (!surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("the object is not kept from anonymous callers");
  }
  const Answer& other = surface.other();
  if (!other.ok()) return CheckOutcome::inconclusive("no answer to the other user");
  if (!other.served() || !surface.same_document(other, own)) {
    return CheckOutcome::protected_(
        fmt::format("the other user gets {} and not the document", other.status()));
  }
  const std::string why = why_not_theirs(surface, *object, object->id, own, true);
  if (why.empty()) {
    return CheckOutcome::inconclusive(
        "the other user gets the same document, but nothing says that it is not theirs, too");
  }
  for (int round = 1; round < kRounds; ++round) {
    const Answer again = surface.send(surface.as_other(surface.base_request()), "variant");
    if (!surface.same_document(again, own)) {
      return CheckOutcome::inconclusive("the other user got it once only");
    }
  }
  Evidence evidence = surface.evidence(
      fmt::format("the other user gets the object {} of {}, {} times of {}, and {}; without a "
                  "credential it is {}",
                  object->id, object->list, kRounds, kRounds, why, surface.anonymous().status()),
      {&own, &surface.anonymous(), &other});
  evidence.rounds = kRounds;
  evidence.curl = surface.curl_without_secrets(other.sent.request);
  // A list alone may be one of what somebody likes, of things that are everybody's.
  return CheckOutcome::vulnerable(owners_in(own).empty() ? Confidence::firm : Confidence::confirmed,
                                  std::move(evidence));
}

const CheckInfo kInfo = {
    "bola-cross-identity-read",
    "A user reads another user's object",
    Severity::critical,
    "object-authorization",
    {"API1:2023"},
    {639, 863},
    {"6.2.4"},
    "Whoever is signed in reads everybody's data by counting or guessing ids.",
    "Look objects up by id and owner at once, so that the wrong owner finds nothing: 404.",
    "get_queryset() returns Order.objects.filter(owner=request.user); in DynamoDB the owner is the "
    "partition key.",
    "",
    "The document of the user's object comes to the other user, three times of three, and not "
    "without a credential. That it is not theirs is seen: the API lists it to the one and not to "
    "the other (firm, where it names no owner), or it names whom the user's token names."};

}  // namespace

const SurfaceCheck kBolaCrossIdentityRead = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::object_authorization
