#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "scan/checks/object_authorization/checks.h"
#include "scan/checks/object_authorization/object.h"

namespace weir::scan::object_authorization {
namespace {

constexpr std::size_t kEnough = 10;

CheckOutcome run(Surface& surface) {
  const Answer& own = surface.baseline();
  if (!own.served() || !surface.has_credentials() || !surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("no list that is kept from anonymous callers");
  }
  std::vector<std::int64_t> ids;
  for (const Leaf& leaf : leaves_of(own.response.body).value_or(std::vector<Leaf>())) {
    if (base::lower_case(leaf.key) != "id" || leaf.shape.find("[]") == std::string::npos) continue;
    std::int64_t id = 0;
    const char* const end = leaf.text.data() + leaf.text.size();
    const auto [stop, error] = std::from_chars(leaf.text.data(), end, id);
    if (error == std::errc() && stop == end) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() < kEnough) return CheckOutcome::not_applicable("no list of ten numbered objects");
  std::size_t close = 0;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i] - ids[i - 1] <= 3) ++close;
  }
  if (10 * close < 9 * (ids.size() - 1)) {
    return CheckOutcome::protected_(
        fmt::format("{} ids, {} of them close to the next", ids.size(), close));
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("{} of {} ids of the list are at most 3 from the one before",
                                   close, ids.size() - 1),
                       {&own}));
}

const CheckInfo kInfo = {
    "bola-predictable-ids",
    "Ids count up",
    Severity::info,
    "object-authorization",
    {"API1:2023"},
    {340},
    {},
    "No flaw by itself: it makes each flaw of authorization one that can be used at once, and "
    "tells how many there are.",
    "Random ids (UUID version 4 or 7) in whatever clients see.",
    "id = models.UUIDField(primary_key=True, default=uuid.uuid4).",
    "",
    "Of ten or more ids of a list that anonymous callers are denied, nine of ten are at most 3 "
    "from the one before."};

}  // namespace

const SurfaceCheck kBolaPredictableIds = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::object_authorization
