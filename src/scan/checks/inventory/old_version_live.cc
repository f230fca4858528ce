#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "scan/checks/inventory/checks.h"
#include "scan/checks/inventory/places.h"
#include "scan/surface/body.h"

namespace weir::scan::inventory {
namespace {

struct Versioned {
  std::string before;  // "/api/v"
  int number = 0;
  std::string after;  // "/items"
};

// The first segment of the form v2.
std::optional<Versioned> version_of(const std::string& path) {
  for (std::size_t slash = path.find("/v"); slash != std::string::npos;
       slash = path.find("/v", slash + 1)) {
    std::size_t end = slash + 2;
    while (end < path.size() && std::isdigit(static_cast<unsigned char>(path[end])) != 0) ++end;
    const std::size_t digits = end - slash - 2;
    if (digits == 0 || digits > 3 || (end < path.size() && path[end] != '/')) continue;
    return Versioned{path.substr(0, slash + 2), std::stoi(path.substr(slash + 2, digits)),
                     path.substr(end)};
  }
  return std::nullopt;
}

// The document of the same operation: of JSON at least half of the names are the same.
bool resembles(const Answer& older, const Answer& own) {
  const auto theirs = leaves_of(older.response.body);
  const auto ours = leaves_of(own.response.body);
  if (!theirs || !ours || ours->empty()) return false;
  std::size_t same = 0;
  for (const Leaf& leaf : *ours) {
    for (const Leaf& other : *theirs) {
      if (other.shape == leaf.shape) {
        ++same;
        break;
      }
    }
  }
  return 2 * same >= ours->size();
}

CheckOutcome run(Surface& surface) {
  const auto version = version_of(surface.path());
  if (!version || version->number < 1 || !surface.is_read_only()) {
    return CheckOutcome::not_applicable("no version in the path of a GET");
  }
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  const std::string query = surface.base_request().target.substr(surface.path().size());
  const auto ask = [&](int number, std::string_view note) {
    return surface.send(surface.with_target(fmt::format("{}{}{}{}", version->before, number,
                                                        version->after, query)),
                        note);
  };
  // The control: where any number is served, the path has no versions.
  const Answer control = ask(version->number + 86, "control");
  if (!control.ok()) return CheckOutcome::inconclusive("no answer");
  if (control.served()) return CheckOutcome::not_applicable("any version is served");
  for (int older = version->number - 1; older >= std::max(0, version->number - 3); --older) {
    const std::string path = fmt::format("{}{}{}", version->before, older, version->after);
    const Answer first = ask(older, "variant");
    if (!first.served() || !resembles(first, own)) continue;
    if (says_that_it_ends(first)) return CheckOutcome::protected_(path + " says that it will end");
    if (is_declared(surface, path)) {
      return CheckOutcome::protected_(path + " is declared by the document");
    }
    const Answer second = ask(older, "variant");
    if (!second.served()) return CheckOutcome::inconclusive("it was served once only");
    return CheckOutcome::vulnerable(
        surface.plan().api ? Confidence::confirmed : Confidence::firm,
        surface.evidence(fmt::format("{} serves a document of the same kind, without Deprecation "
                                     "and Sunset, twice; a version that cannot be gets {}",
                                     path, control.status()),
                         {&control, &first, &second}));
  }
  return CheckOutcome::protected_("no older version is served");
}

const CheckInfo kInfo = {
    "old-version-live",
    "An older version of the operation still serves",
    Severity::medium,
    "inventory",
    {"API9:2023"},
    {1059, 477},
    {},
    "What was mended in the new version is open in the old one, which nobody watches.",
    "Take old versions away; until then, Deprecation (RFC 9745) and Sunset (RFC 8594), and the "
    "same "
    "rules for both.",
    "ALLOWED_VERSIONS in REST_FRAMEWORK, and no include() of the old urls.",
    "",
    "The same path with an older number brings JSON of which half of the names are the same, "
    "twice, without Deprecation or Sunset; a number that cannot be is not served. Confirmed where "
    "a "
    "document was given that does not declare it, firm where there is none."};

}  // namespace

const SurfaceCheck kOldVersionLive = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::inventory
