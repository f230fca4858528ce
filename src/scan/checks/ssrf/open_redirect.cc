#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scan/checks/ssrf/checks.h"
#include "scan/surface/body.h"
#include "scan/surface/inputs.h"

namespace weir::scan::ssrf {
namespace {

bool names_a_way_on(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "next",      "url",      "redirect", "redirecturl", "redirecturi", "return",  "returnto",
      "returnurl", "continue", "dest",     "destination", "goto",        "forward", "rurl"};
  return is_one_of(name, kNames);
}

bool leads_to(const Answer& answer, const std::string& host) {
  if (answer.status() < 300 || answer.status() > 399) return false;
  std::string location(answer.header("Location"));
  std::replace(location.begin(), location.end(), '\\', '/');  // as browsers do
  std::string_view to = location;
  for (const std::string_view scheme : {"https:", "http:"}) {
    if (to.starts_with(scheme)) to.remove_prefix(scheme.size());
  }
  if (!to.starts_with("//")) return false;
  to.remove_prefix(2);
  return to.substr(0, to.find_first_of("/?#:")) == host;
}

CheckOutcome run(Surface& surface) {
  if (!surface.is_read_only()) return CheckOutcome::not_applicable("no GET");
  std::vector<Input> inputs = query_inputs(surface);
  inputs.erase(std::remove_if(inputs.begin(), inputs.end(),
                              [](const Input& input) { return !names_a_way_on(input.name); }),
               inputs.end());
  if (inputs.empty()) return CheckOutcome::not_applicable("no parameter says where to go next");
  for (const Input& input : inputs) {
    for (const char* form : {"https://{}/", "//{}/", "/\\{}/"}) {
      const auto ask = [&] {
        const std::string host = surface.made_up() + ".example";
        Answer answer = surface.send(
            with_input(surface, input, fmt::format(fmt::runtime(form), host)), "variant");
        const bool leads = leads_to(answer, host);
        return std::pair(std::move(answer), leads);
      };
      const auto [first, leads] = ask();
      if (!first.ok()) return CheckOutcome::inconclusive("no answer");
      if (!leads) continue;
      const auto [second, leads_again] = ask();
      if (!leads_again) return CheckOutcome::inconclusive("seen once only");
      return CheckOutcome::vulnerable(
          Confidence::confirmed,
          surface.evidence(
              fmt::format("{}= sends the caller to two made-up hosts by Location", input.name),
              {&first, &second}));
    }
  }
  return CheckOutcome::protected_(
      fmt::format("{} parameters lead to no other host", inputs.size()));
}

const CheckInfo kInfo = {
    "open-redirect",
    "A parameter sends callers to any host",
    Severity::medium,
    "ssrf",
    {"API8:2023"},
    {601},
    {},
    "A link to the API leads to an attacker's page, with tokens that the API adds.",
    "Take a path or a name, never a host; or compare with a list of hosts.",
    "url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}).",
    "",
    "The Location of a redirect names the made-up host that the parameter holds, twice with other "
    "hosts. It is not followed."};

}  // namespace

const SurfaceCheck kOpenRedirect = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::ssrf
