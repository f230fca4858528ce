#include <fmt/format.h>

#include "scan/checks/ssrf/checks.h"
#include "scan/checks/ssrf/fetching.h"

namespace weir::scan::ssrf {
namespace {

CheckOutcome run(Surface& surface) {
  const auto place = fetching_place(surface);
  if (!place) return CheckOutcome::not_applicable("nothing that callers choose is fetched");
  std::vector<Answer> answers;
  for (int round = 0; round < 2; ++round) {
    const std::string token = surface.made_up(16);
    Fetch fetch = send_and_wait(surface, *place, surface.plan().callback->url_of(token), token);
    const bool shown =
        fetch.answer.response.body.find(Callback::content_of(token)) != std::string::npos;
    answers.push_back(std::move(fetch.answer));
    if (shown) continue;
    if (round > 0) return CheckOutcome::inconclusive("it was shown once only");
    return CheckOutcome::protected_("what was fetched is not in the answer");
  }
  return CheckOutcome::vulnerable(
      Confidence::confirmed,
      surface.evidence(fmt::format("the answer holds what the scanner's listener said to the fetch "
                                   "of {}, twice with new texts",
                                   place->name),
                       {&answers[0], &answers[1]}));
}

const CheckInfo kInfo = {
    "ssrf-response-readable",
    "The API hands out what it fetches",
    Severity::critical,
    "ssrf",
    {"API7:2023"},
    {918, 441},
    {"6.2.4"},
    "The API is a proxy into its own network: what is there can be read, not only touched.",
    "Hand out only what was parsed as the expected kind (an image re-encoded, a feed's titles), "
    "and fetch from listed hosts only.",
    "Decode with Pillow and store the result; never HttpResponse(fetched.content).",
    "",
    "The answer holds a text that only who has fetched the listener's document can know, twice "
    "with new texts."};

}  // namespace

const SurfaceCheck kSsrfResponseReadable = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::ssrf
