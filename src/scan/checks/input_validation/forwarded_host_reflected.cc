#include <fmt/format.h>

#include "scan/checks/input_validation/checks.h"

namespace weir::scan::input_validation {
namespace {

// The host as part of a URL: a mention of it alone leads nobody there.
bool links_to(const Answer& answer, const std::string& host) {
  const std::string link = "//" + host;
  if (!answer.ok() || answer.failed()) return false;
  if (answer.response.body.find(link) != std::string::npos) return true;
  return answer.header("Location").find(link) != std::string_view::npos ||
         answer.header("Link").find(link) != std::string_view::npos;
}

CheckOutcome run(Surface& surface) {
  if (!surface.baseline().ok()) return CheckOutcome::inconclusive("no answer");
  for (const char* name : {"X-Forwarded-Host", "X-Host", "Forwarded"}) {
    const auto ask = [&](const char* header, std::string_view note) {
      const std::string host = surface.made_up() + ".example";
      Answer answer =
          surface.send(surface.with_header(header, header == std::string_view("Forwarded")
                                                       ? fmt::format("host={}", host)
                                                       : host),
                       note);
      const bool links = links_to(answer, host);
      return std::pair(std::move(answer), links);
    };
    const auto [first, found] = ask(name, "variant");
    if (!first.ok()) return CheckOutcome::inconclusive("no answer");
    if (!found) continue;
    // The control: what repeats every header is an echo, not a belief.
    const auto [control, echoes] = ask("X-Weir-Noise", "control");
    const auto [second, found_again] = ask(name, "variant");
    if (echoes) return CheckOutcome::not_applicable("the answer repeats any header");
    if (!found_again) return CheckOutcome::inconclusive("seen once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("the answer links to the made-up host of {}, twice; that of a "
                                     "header without meaning is not repeated",
                                     name),
                         {&control, &first, &second}));
  }
  return CheckOutcome::protected_("no link takes its host from three headers");
}

const CheckInfo kInfo = {
    "forwarded-host-reflected",
    "Links in answers lead to whatever host the caller names",
    Severity::medium,
    "input-validation",
    {"API8:2023"},
    {644, 20},
    {},
    "A cache hands the poisoned links to others; mails for resetting a password that are built "
    "alike lead to an attacker's host.",
    "Build links from a configured host; take X-Forwarded-Host only from your own proxy, which "
    "overwrites it.",
    "USE_X_FORWARDED_HOST = False, and ALLOWED_HOSTS without a wildcard.",
    "",
    "Links of the answer lead to made-up hosts that one header names, twice, while a header "
    "without meaning is not repeated."};

}  // namespace

const SurfaceCheck kForwardedHostReflected = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
