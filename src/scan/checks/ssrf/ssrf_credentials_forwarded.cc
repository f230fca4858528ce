#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/ssrf/checks.h"
#include "scan/checks/ssrf/fetching.h"

namespace weir::scan::ssrf {
namespace {

CheckOutcome run(Surface& surface) {
  const auto place = fetching_place(surface);
  if (!place) return CheckOutcome::not_applicable("nothing that callers choose is fetched");
  if (surface.credential_headers().empty()) {
    return CheckOutcome::not_applicable("no credential that could be passed on");
  }
  std::vector<Answer> answers;
  for (int round = 0; round < 2; ++round) {
    const std::string token = surface.made_up(16);
    Fetch fetch = send_and_wait(surface, *place, surface.plan().callback->url_of(token), token);
    answers.push_back(std::move(fetch.answer));
    if (fetch.visits.empty()) return CheckOutcome::inconclusive("it was not fetched again");
    const bool carried = std::any_of(fetch.visits.begin(), fetch.visits.end(),
                                     [](const Visit& visit) { return visit.carried_secret; });
    if (carried) continue;
    if (round > 0) return CheckOutcome::inconclusive("seen once only");
    return CheckOutcome::protected_("the fetch carries no credential of the caller");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("the fetch of {} carried the caller's own credential to the "
                                   "scanner's listener, twice",
                                   place->name),
                       {&answers[0], &answers[1]}));
}

const CheckInfo kInfo = {
    "ssrf-credentials-forwarded",
    "Fetches carry the caller's credential to whatever host",
    Severity::high,
    "ssrf",
    {"API7:2023", "API2:2023"},
    {522, 201},
    {"6.2.4"},
    "Who gets a victim to fetch a URL gets the victim's credential.",
    "Outgoing requests start from nothing: no header of the incoming one is copied.",
    "requests.get(url) with headers of its own, never headers=request.headers.",
    "",
    "A request that arrives at the scanner's listener holds the credential of the probe that "
    "caused it, twice. It is compared there and not kept."};

}  // namespace

const SurfaceCheck kSsrfCredentialsForwarded = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::ssrf
