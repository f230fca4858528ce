#include <fmt/format.h>

#include "net/url.h"
#include "scan/checks/input_validation/checks.h"
#include "scan/checks/input_validation/cors.h"

namespace weir::scan::input_validation {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.baseline().served()) return CheckOutcome::inconclusive("the base is not served");
  const auto url = net::Url::parse(surface.plan().origin);
  if (!url) return CheckOutcome::inconclusive("the target has no name");
  // The control: where any origin is let in, that is another finding.
  const std::string stranger = "https://" + surface.made_up() + ".example";
  const Answer control = ask_from(surface, stranger, "control");
  if (!control.ok()) return CheckOutcome::inconclusive("no answer");
  if (lets_read_with_credentials(control, stranger)) {
    return CheckOutcome::not_applicable("any origin is let in: see cors-reflect-with-credentials");
  }
  const std::string nonce = surface.made_up();
  std::vector<std::string> origins = {"null"};
  if (!url->host_is_address()) {
    origins.push_back(fmt::format("https://{}.{}.example", url->host, nonce));
    origins.push_back(fmt::format("https://{}{}", nonce, url->host));
  }
  for (const std::string& origin : origins) {
    const Answer first = ask_from(surface, origin, "variant");
    if (!lets_read_with_credentials(first, origin)) continue;
    const Answer second = ask_from(surface, origin, "variant");
    if (!lets_read_with_credentials(second, origin)) {
      return CheckOutcome::inconclusive(origin + " was let in once only");
    }
    return CheckOutcome::vulnerable(
        browser_sends_credential(surface) ? Confidence::confirmed : Confidence::firm,
        surface.evidence(
            fmt::format("the origin {} may read the answer with credentials, twice; {} may not",
                        origin, stranger),
            {&control, &first, &second}));
  }
  return CheckOutcome::protected_(
      fmt::format("{} origins that look like a friend's are not let in", origins.size()));
}

const CheckInfo kInfo = {
    "cors-null-or-suffix",
    "Origins that only look like a friend's may read answers",
    Severity::high,
    "input-validation",
    {"API8:2023"},
    {942, 346},
    {"6.2.4"},
    "Anybody can register a name that begins or ends like the right one, and a sandboxed frame has "
    "the origin null.",
    "Compare origins whole, with the scheme, against a fixed list; never by prefix, suffix or a "
    "pattern without anchors; never null.",
    "django-cors-headers: CORS_ALLOWED_ORIGINS; where CORS_ALLOWED_ORIGIN_REGEXES is needed, "
    "^https://[a-z]+\\.example\\.com$.",
    "",
    "null, or the target's name with something before or after it, may read with credentials, "
    "twice, while a made-up origin may not."};

}  // namespace

const SurfaceCheck kCorsNullOrSuffix = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
