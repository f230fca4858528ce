#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scan/checks/function_authorization/checks.h"
#include "scan/surface/body.h"

namespace weir::scan::function_authorization {
namespace {

constexpr int kRounds = 3;

struct Claim {
  const char* name;
  const char* value;
  bool header;
};

constexpr Claim kClaims[] = {{"role", "admin", false},       {"admin", "true", false},
                             {"is_admin", "1", false},       {"X-Role", "admin", true},
                             {"X-User-Role", "admin", true}, {"X-Admin", "true", true}};
// Of the same forms, and without a meaning.
constexpr Claim kNoise[] = {{"weirx", "admin", false}, {"X-Weir-Noise", "admin", true}};

Answer ask(Surface& surface, const Claim& claim, std::string_view note) {
  return surface.send(claim.header ? surface.with_header(claim.name, claim.value)
                                   : surface.with_query(claim.name, claim.value),
                      note);
}

// Where a value stands, up to the first list: "user.salary", "items". Within lists names come and
// go with the entries, which a parameter such as role may well select.
std::string outside_lists(const Leaf& leaf) {
  return leaf.shape.substr(0, leaf.shape.find("[]"));
}

// Names of values in `answer` that the base's answer has not.
std::set<std::string> gained(Surface& surface, const Answer& answer) {
  std::set<std::string> names;
  for (const Leaf& leaf : leaves_of(answer.response.body).value_or(std::vector<Leaf>())) {
    names.insert(outside_lists(leaf));
  }
  for (const Leaf& leaf :
       leaves_of(surface.baseline().response.body).value_or(std::vector<Leaf>())) {
    names.erase(outside_lists(leaf));
  }
  return names;
}

// Served where the base is denied; or more than the base brings.
bool lifts(Surface& surface, const Answer& answer) {
  if (!answer.served()) return false;
  return surface.baseline().denied() || !gained(surface, answer).empty();
}

CheckOutcome run(Surface& surface) {
  if (!surface.is_read_only()) return CheckOutcome::not_applicable("no GET");
  const Answer& own = surface.baseline();
  if (!own.denied() && !(own.served() && leaves_of(own.response.body))) {
    return CheckOutcome::not_applicable("neither denied nor JSON");
  }
  for (const Claim& claim : kClaims) {
    const Answer first = ask(surface, claim, "variant");
    if (!first.ok()) return CheckOutcome::inconclusive("no answer");
    if (!lifts(surface, first)) continue;
    Answer control;
    for (int round = 1; round < kRounds; ++round) {
      control = ask(surface, kNoise[claim.header ? 1 : 0], "control");
      if (lifts(surface, control) || !lifts(surface, ask(surface, claim, "variant"))) {
        return CheckOutcome::inconclusive("it was not the claim, or not each time");
      }
    }
    const std::string what =
        own.denied() ? fmt::format("{} turns to {}", own.status(), first.status())
                     : fmt::format("the answer gains {}", *gained(surface, first).begin());
    Evidence evidence = surface.evidence(
        fmt::format("with {}{}{} {}, {} times of {}; noise of the same form changes nothing",
                    claim.name, claim.header ? ": " : "=", claim.value, what, kRounds, kRounds),
        {&own, &control, &first});
    evidence.rounds = kRounds;
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }
  return CheckOutcome::protected_("six claims of a role change nothing");
}

const CheckInfo kInfo = {
    "bfla-role-parameter",
    "Callers choose their own role",
    Severity::critical,
    "function-authorization",
    {"API5:2023"},
    {807, 269},
    {"6.2.4"},
    "The request says what its sender may do, and is believed.",
    "Take the role from the session or the verified token only; let the proxy drop headers that "
    "speak of roles.",
    "request.user.is_staff, never request.GET or request.headers.",
    "",
    "A claim of a role, in the query or in a header, turns a denial into an answer or makes the "
    "answer gain names outside of lists, three times of three, while noise of the same form does "
    "not."};

}  // namespace

const SurfaceCheck kBflaRoleParameter = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::function_authorization
