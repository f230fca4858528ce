#include <fmt/format.h>

#include "scan/checks/object_authorization/checks.h"
#include "scan/checks/object_authorization/object.h"

namespace weir::scan::object_authorization {
namespace {

constexpr int kRounds = 5;

// An id of the same form that nobody has.
std::string unknown_id(Surface& surface, const ObjectPath& object) {
  if (object.is_number) {
    // Of the same length where possible, far from those in use.
    return std::to_string(900'000'000 + surface.rng().below(99'999'999));
  }
  std::string id = object.id;
  for (char& c : id) {
    if (c != '-') c = "0123456789abcdef"[surface.rng().below(16)];
  }
  return id;
}

CheckOutcome run(Surface& surface) {
  if (!surface.has_other()) {
    return CheckOutcome::not_applicable("no other user's credential was given (--as-other)");
  }
  const auto object = object_of(surface);
  if (!object) return CheckOutcome::not_applicable("the path names no object");
  if (!surface.baseline().served()) return CheckOutcome::inconclusive("the base is not served");
  const Answer& existing = surface.other();
  if (existing.status() != 403) {
    return CheckOutcome::not_applicable(
        fmt::format("the other user gets {}, not 403", existing.status()));
  }
  Answer unknown;
  for (int round = 0; round < kRounds; ++round) {
    Request request = surface.base_request();
    request.target = object->list + "/" + unknown_id(surface, *object);
    unknown = surface.send(surface.as_other(std::move(request)), "an id that nobody has");
    const Answer again = surface.send(surface.as_other(surface.base_request()), "variant");
    if (!unknown.ok() || !again.ok()) return CheckOutcome::inconclusive("no answer");
    if (unknown.status() != 404 || again.status() != 403) {
      return CheckOutcome::protected_(fmt::format(
          "an id that nobody has gets {}, an existing one {}", unknown.status(), again.status()));
    }
  }
  Evidence evidence = surface.evidence(
      fmt::format("to the other user an object that exists is 403 and one that does not is 404, {} "
                  "times of {}",
                  kRounds, kRounds),
      {&unknown, &existing});
  evidence.rounds = kRounds;
  evidence.curl = surface.curl_without_secrets(existing.sent.request);
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

const CheckInfo kInfo = {
    "bola-existence-oracle",
    "Denials tell which ids exist",
    Severity::low,
    "object-authorization",
    {"API1:2023"},
    {204},
    {},
    "Counting through ids tells how many there are, and which to try elsewhere.",
    "404 for both.",
    "get_object_or_404(Order, pk=pk, owner=request.user).",
    "",
    "To the other user the user's object is 403 and made-up ids of the same form are 404, five "
    "times of five."};

}  // namespace

const SurfaceCheck kBolaExistenceOracle = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::object_authorization
