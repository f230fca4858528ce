#include <fmt/format.h>

#include "scan/checks/ssrf/checks.h"
#include "scan/checks/ssrf/fetching.h"
#include "scan/surface/inputs.h"

namespace weir::scan::ssrf {
namespace {

CheckOutcome run(Surface& surface) {
  Callback* const callback = surface.plan().callback;
  if (callback == nullptr) {
    return CheckOutcome::not_applicable("no address to be called back at (--callback)");
  }
  const std::vector<Place> places = url_places(surface);
  if (places.empty()) return CheckOutcome::not_applicable("nothing in the request is a URL");
  for (const Place& place : places) {
    if (surface.stopped()) return CheckOutcome::inconclusive(surface.stop_reason());
    const std::string token = surface.made_up(16);
    const Fetch first = send_and_wait(surface, place, callback->url_of(token), token);
    if (!first.answer.ok()) return CheckOutcome::inconclusive("no answer");
    if (first.visits.empty()) continue;
    // The control: something on the way that fetches every URL it sees is not the operation.
    const std::string noise = surface.made_up(16);
    const Place nowhere{"a parameter without meaning", [&surface](const std::string& url) {
                          return with_input(surface, {"weirx", "", "", ""}, url);
                        }};
    const Fetch control = send_and_wait(surface, nowhere, callback->url_of(noise), noise);
    if (!control.visits.empty()) {
      return CheckOutcome::inconclusive("something fetches every URL, wherever it stands");
    }
    const std::string again = surface.made_up(16);
    const Fetch second = send_and_wait(surface, place, callback->url_of(again), again);
    if (second.visits.empty()) return CheckOutcome::inconclusive("it was fetched once only");
    remember_fetching(surface, place);
    return CheckOutcome::vulnerable(
        callback->is_internal() ? Confidence::confirmed : Confidence::firm,
        surface.evidence(
            fmt::format("the target has asked {} for the URL in {}, twice with new tokens ({} by "
                        "{}){}; not for one in a parameter without meaning",
                        callback->is_internal() ? "an internal address" : "the scanner", place.name,
                        first.visits[0].method,
                        first.visits[0].user_agent.empty() ? "a client without a name"
                                                           : first.visits[0].user_agent,
                        callback->is_internal() ? "" : ", an address that anybody may have"),
            {&control.answer, &first.answer, &second.answer}));
  }
  return CheckOutcome::protected_(
      fmt::format("{} places for URLs: none is fetched within {} s", places.size(), kPatienceS));
}

const CheckInfo kInfo = {
    "ssrf-callback-confirmed",
    "The API fetches URLs that callers choose, inside its own network",
    Severity::critical,
    "ssrf",
    {"API7:2023"},
    {918},
    {"6.2.4"},
    "Callers reach what only the API can reach: metadata services with credentials, databases, "
    "admin pages.",
    "A list of hosts that may be fetched; resolve the name once, refuse private, loopback and "
    "link-local addresses, and connect to the address that was checked. Fetch from a network that "
    "reaches nothing else.",
    "Check ipaddress.ip_address(...).is_global of what the name resolves to, before each request "
    "and each redirect; IMDSv2 on EC2.",
    "",
    "A request with a token that only this probe carried arrives at the scanner's own listener, "
    "twice with new tokens, and none for a URL in a parameter without meaning. Confirmed where the "
    "listener has a loopback or private address, firm otherwise."};

}  // namespace

const SurfaceCheck kSsrfCallbackConfirmed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::ssrf
