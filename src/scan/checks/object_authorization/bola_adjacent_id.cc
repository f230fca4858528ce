#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/object_authorization/checks.h"
#include "scan/checks/object_authorization/object.h"

namespace weir::scan::object_authorization {
namespace {

// The owner that both documents name under the same key, where it differs.
std::string other_owner(const Answer& own, const Answer& found) {
  for (const Leaf& mine : owners_in(own)) {
    for (const Leaf& theirs : owners_in(found)) {
      if (mine.shape == theirs.shape && mine.text != theirs.text) return mine.shape;
    }
  }
  return {};
}

CheckOutcome run(Surface& surface) {
  const auto object = object_of(surface);
  if (!object || !object->is_number) {
    return CheckOutcome::not_applicable("the path names no object by a number");
  }
  if (!surface.has_credentials()) return CheckOutcome::not_applicable("nobody is signed in");
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  if (!surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("the object is not kept from anonymous callers");
  }
  if (owners_in(own).empty()) return CheckOutcome::inconclusive("the object names no owner");
  const long long id = std::stoll(object->id);
  bool legitimate = false;
  for (const long long step : {1, -1, 2, -2, 3, -3}) {
    if (id + step < 0) continue;
    const std::string next = std::to_string(id + step);
    const std::string query = surface.base_request().target.substr(surface.path().size());
    const Variant variant = surface.with_target(object->list + "/" + next + query);
    const Answer found = surface.send(variant, "variant");
    if (!found.ok()) return CheckOutcome::inconclusive("no answer");
    if (!found.served()) continue;
    const std::string shape = other_owner(own, found);
    if (shape.empty()) continue;
    // What the API lists to the user is the user's to read.
    const auto listed = ids_listed(surface, *object, false);
    if (listed && std::find(listed->begin(), listed->end(), next) != listed->end()) {
      legitimate = true;
      continue;
    }
    const bool list_says = listed && !listed->empty() &&
                           std::find(listed->begin(), listed->end(), object->id) != listed->end();
    const Answer again = surface.send(variant, "variant");
    if (!again.served() || other_owner(own, again).empty()) {
      return CheckOutcome::inconclusive("it was served once only");
    }
    return CheckOutcome::vulnerable(
        list_says ? Confidence::confirmed : Confidence::firm,
        surface.evidence(
            fmt::format(
                "{}/{}, beside the user's own {}, is served twice and names "
                "another {}{}",
                object->list, next, object->id, shape,
                list_says ? fmt::format("; {} lists the own one and not it", object->list) : ""),
            {&surface.anonymous(), &own, &found, &again}));
  }
  return CheckOutcome::protected_(legitimate
                                      ? "objects of others are listed to the user as well"
                                      : "ids beside the own one bring no other owner's object");
}

const CheckInfo kInfo = {
    "bola-adjacent-id",
    "The id beside one's own brings somebody else's object",
    Severity::high,
    "object-authorization",
    {"API1:2023"},
    {639},
    {"6.2.4"},
    "Whoever is signed in reads everybody's data by counting.",
    "Look objects up by id and owner at once, so that the wrong owner finds nothing: 404.",
    "get_queryset() returns Order.objects.filter(owner=request.user); in DynamoDB the owner is the "
    "partition key.",
    "",
    "An id up to 3 beside the own one brings an object that names another owner, twice, and "
    "anonymous callers are denied. Confirmed where the API's list shows the own one and not the "
    "other; where the list shows both, there is no finding."};

}  // namespace

const SurfaceCheck kBolaAdjacentId = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::object_authorization
