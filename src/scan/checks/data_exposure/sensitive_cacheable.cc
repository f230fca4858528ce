#include <fmt/format.h>

#include "base/ascii.h"
#include "scan/checks/data_exposure/checks.h"
#include "scan/surface/patterns.h"

namespace weir::scan::data_exposure {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.has_credentials()) {
    return CheckOutcome::not_applicable("no credential was given, so nothing is anybody's own");
  }
  const Answer& own = surface.baseline();
  if (!own.served() || surface.base_request().method != "GET") {
    return CheckOutcome::not_applicable("no document that a cache would keep");
  }
  const auto leaves = leaves_of(own.response.body);
  const bool personal =
      !find_emails(own.response.body, 1).empty() ||
      (leaves && (!find_card_numbers(*leaves).empty() || !find_national_ids(*leaves).empty()));
  if (!personal) return CheckOutcome::not_applicable("nothing personal in the body");
  const std::string rule = base::lower_case(own.header("Cache-Control"));
  if (rule.find("no-store") != std::string::npos || rule.find("private") != std::string::npos) {
    return CheckOutcome::protected_("Cache-Control: " + rule.substr(0, 60));
  }
  // RFC 9111 §3.5: shared caches do not keep answers to requests with Authorization unless told to.
  const bool authorization =
      find_header(surface.base_request().headers, "Authorization").has_value();
  const bool told = rule.find("public") != std::string::npos ||
                    rule.find("s-maxage") != std::string::npos ||
                    rule.find("must-revalidate") != std::string::npos;
  if (authorization && !told) {
    return CheckOutcome::protected_("a shared cache does not keep answers to Authorization");
  }
  if (!surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("the document is not kept from anybody");
  }
  return CheckOutcome::vulnerable(
      told ? Confidence::confirmed : Confidence::firm,
      surface.evidence(
          fmt::format(
              "a body with personal data, which anonymous callers are denied, comes with {}",
              rule.empty() ? "no Cache-Control" : "Cache-Control: " + rule.substr(0, 60)),
          {&surface.anonymous(), &own}));
}

const CheckInfo kInfo = {
    "sensitive-cacheable",
    "Shared caches may keep personal answers",
    Severity::medium,
    "data-exposure",
    {"API8:2023"},
    {524, 525},
    {},
    "A cache that does not know that a key or cookie decides about the answer gives it to the next "
    "client.",
    "Cache-Control: no-store on every answer that depends on who asks; private where the browser "
    "may keep it.",
    "@cache_control(no_store=True), or @never_cache, on views with a user.",
    "",
    "A body with personal data, which anonymous callers are denied, comes without no-store or "
    "private. Confirmed where a shared cache is told to keep it, firm otherwise."};

}  // namespace

const SurfaceCheck kSensitiveCacheable = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
