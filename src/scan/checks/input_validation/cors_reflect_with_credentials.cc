#include <fmt/format.h>

#include "scan/checks/input_validation/checks.h"
#include "scan/checks/input_validation/cors.h"

namespace weir::scan::input_validation {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.baseline().served()) return CheckOutcome::inconclusive("the base is not served");
  const std::string first_origin = "https://" + surface.made_up() + ".example";
  const Answer first = ask_from(surface, first_origin, "variant");
  if (!first.ok()) return CheckOutcome::inconclusive("no answer");
  if (!lets_read_with_credentials(first, first_origin)) {
    return CheckOutcome::protected_("a made-up origin may not read with credentials");
  }
  const std::string second_origin = "https://" + surface.made_up() + ".example";
  const Answer second = ask_from(surface, second_origin, "variant");
  if (!lets_read_with_credentials(second, second_origin)) {
    return CheckOutcome::inconclusive("one made-up origin was let in, another was not");
  }
  const bool usable = browser_sends_credential(surface);
  return CheckOutcome::vulnerable(
      usable ? Confidence::confirmed : Confidence::firm,
      surface.evidence(fmt::format("two made-up origins, {} and {}, may read the answer with "
                                   "credentials{}",
                                   first_origin, second_origin,
                                   usable ? ", and the credential is one that browsers send "
                                            "by themselves"
                                          : ""),
                       {&first, &second}));
}

const CheckInfo kInfo = {
    "cors-reflect-with-credentials",
    "Any web page may read answers with its visitor's cookies",
    Severity::high,
    "input-validation",
    {"API8:2023"},
    {942, 346},
    {"6.2.4"},
    "A page anywhere on the web calls the API as whoever looks at it, and reads what comes.",
    "A fixed list of origins, compared whole; Access-Control-Allow-Credentials only for those.",
    "django-cors-headers: CORS_ALLOWED_ORIGINS = [...], never CORS_ALLOW_ALL_ORIGINS with "
    "CORS_ALLOW_CREDENTIALS.",
    "",
    "Two made-up origins are each named in Access-Control-Allow-Origin, with "
    "Access-Control-Allow-Credentials: true. Firm where the credential is none that browsers send "
    "by themselves."};

}  // namespace

const SurfaceCheck kCorsReflectWithCredentials = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
