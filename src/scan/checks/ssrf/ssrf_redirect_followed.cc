#include <fmt/format.h>

#include "scan/checks/ssrf/checks.h"
#include "scan/checks/ssrf/fetching.h"

namespace weir::scan::ssrf {
namespace {

CheckOutcome run(Surface& surface) {
  const auto place = fetching_place(surface);
  if (!place) return CheckOutcome::not_applicable("nothing that callers choose is fetched");
  const Callback& callback = *surface.plan().callback;
  std::vector<Answer> answers;
  for (int round = 0; round < 2; ++round) {
    const std::string first = surface.made_up(16);
    const std::string second = surface.made_up(16);
    Fetch fetch = send_and_wait(surface, *place, callback.redirect_of(first, second), second);
    answers.push_back(std::move(fetch.answer));
    if (!fetch.visits.empty()) continue;
    if (round > 0) return CheckOutcome::inconclusive("it was followed once only");
    if (callback.visits(first).empty()) {
      return CheckOutcome::inconclusive("the URL that redirects was not fetched");
    }
    return CheckOutcome::protected_("the redirect was not followed");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(
          fmt::format("the fetch of {} followed a redirect to another URL, twice", place->name),
          {&answers[0], &answers[1]}));
}

const CheckInfo kInfo = {
    "ssrf-redirect-followed",
    "Fetches follow redirects wherever they lead",
    Severity::medium,
    "ssrf",
    {"API7:2023", "API10:2023"},
    {601, 918},
    {"6.2.4"},
    "Whatever was checked about the URL says nothing of where the redirect leads: lists of hosts "
    "are got around.",
    "Do not follow redirects, or check each hop as the first URL.",
    "requests.get(url, allow_redirects=False).",
    "",
    "The listener redirects a fetch to a second URL with a token of its own, and is asked for that "
    "as well, twice."};

}  // namespace

const SurfaceCheck kSsrfRedirectFollowed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::ssrf
