#include <fmt/format.h>

#include "scan/checks/data_exposure/checks.h"
#include "scan/surface/patterns.h"

namespace weir::scan::data_exposure {
namespace {

CheckOutcome run(Surface& surface) {
  std::size_t bytes = 0;
  for (const Answer* answer : surface.look_around()) {
    std::string text = answer->response.body;
    for (const Header& header : answer->response.headers) text += "\n" + header.value;
    bytes += text.size();
    const auto secret = find_secret(text);
    if (!secret) continue;
    return CheckOutcome::vulnerable(
        secret->checked ? Confidence::confirmed : Confidence::firm,
        surface.evidence(fmt::format("the answer holds a {}: {}{}", secret->kind,
                                     excerpt_of_secret(secret->text),
                                     secret->checked ? ", whose form holds" : ""),
                         {answer}));
  }
  if (bytes == 0) return CheckOutcome::inconclusive("no answer");
  return CheckOutcome::protected_(fmt::format("no known form of a secret in {} bytes", bytes));
}

const CheckInfo kInfo = {
    "secret-exposed",
    "An answer holds a credential of the server",
    Severity::critical,
    "data-exposure",
    {"API3:2023", "API8:2023"},
    {200, 798},
    {"6.2.4"},
    "Whoever may call this operation can act as the server does with that service.",
    "Revoke the credential now, then take it out of what is sent: answer with named fields, never "
    "with a whole settings object or environment.",
    "Keep keys out of settings that views can reach; on AWS let the instance or task role carry "
    "them.",
    "",
    "An answer holds a text of the form of a known secret. Confirmed where its checksum (GitHub, "
    "npm) or form (private key) holds; only its first four and last two characters are shown."};

}  // namespace

const SurfaceCheck kSecretExposed = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::data_exposure
