#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/authentication/checks.h"
#include "scan/surface/body.h"

namespace weir::scan::authentication {
namespace {

// Only what a query takes as it is: a user's credential is not spelled otherwise here.
bool fits_a_query(std::string_view text) {
  return !text.empty() && text.find_first_of(" %&=+#?\"<>") == std::string_view::npos;
}

CheckOutcome run(Surface& surface) {
  // A cookie is no key that somebody would put into a query.
  const std::vector<Header> headers = surface.credential_headers();
  const auto header = std::find_if(headers.begin(), headers.end(), [](const Header& each) {
    return !same_name(each.name, "Cookie");
  });
  if (header == headers.end()) {
    return CheckOutcome::not_applicable("no header carries a credential");
  }
  const Answer& own = surface.baseline();
  if (!own.served() || !surface.anonymous().denied()) {
    return CheckOutcome::not_applicable("without the credential the answer is not 401 or 403");
  }
  std::string secret = header->value;
  if (const std::size_t space = secret.find(' '); space != std::string::npos) {
    secret = secret.substr(space + 1);
  }
  if (!fits_a_query(secret)) {
    return CheckOutcome::inconclusive("the credential cannot stand in a query as it is");
  }
  for (const char* name : {"access_token", "token", "api_key", "apikey", "key", "auth"}) {
    const auto with = [&](std::string_view value) {
      Variant variant = surface.without_credentials();
      variant.request.add_parameter(name, value);
      variant.changed = fmt::format("the credential as ?{}=", name);
      return variant;
    };
    const Answer first = surface.send(with(secret), "variant");
    if (!first.ok()) return CheckOutcome::inconclusive("no answer");
    if (!surface.same_document(first, own)) continue;
    // The control: a made-up value in the same place.
    Variant made_up = with(surface.made_up(secret.size()));
    made_up.changed = fmt::format("a made-up value as ?{}=", name);
    const Answer control = surface.send(made_up, "control");
    const Answer second = surface.send(with(secret), "variant");
    if (!control.denied() || !surface.same_document(second, own)) {
      return CheckOutcome::inconclusive(fmt::format("?{}= was not served each time", name));
    }
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("the credential of {} is accepted as ?{}= too, twice; a "
                                     "made-up value there gets {}",
                                     header->name, name, control.status()),
                         {&control, &first, &second}));
  }
  return CheckOutcome::protected_("the credential is not taken from the query under six names");
}

const CheckInfo kInfo = {
    "credential-in-url-accepted",
    "The credential is accepted in the URL",
    Severity::medium,
    "authentication",
    {"API2:2023"},
    {598},
    {},
    "Clients will use it, and access logs, histories and Referer headers will hold the credential.",
    "Take credentials from a header only (RFC 6750 §2.3 advises against the query).",
    "Read request.headers, never request.GET, in the authentication class.",
    "",
    "The own credential, moved into the query, brings the same document twice, while none and a "
    "made-up one in the same place are denied."};

}  // namespace

const SurfaceCheck kCredentialInUrlAccepted = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
