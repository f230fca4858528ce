#include <fmt/format.h>

#include "scan/checks/transport/checks.h"

namespace weir::scan::transport {
namespace {

CheckOutcome run(Surface& surface) {
  if (!surface.is_https()) return CheckOutcome::not_applicable("the API is not scanned over https");
  const Answer& answer = surface.baseline();
  if (!answer.ok()) return CheckOutcome::inconclusive("no answer");
  // The same host without TLS: "http" + "://api.example".
  std::string plain = "http" + surface.plan().origin.substr(5);
  const std::size_t port = plain.find(':', 7);
  if (port != std::string::npos && plain.find(']') == std::string::npos) plain.resize(port);
  const auto names = [&](std::string_view text) {
    const std::size_t at = text.find(plain);
    if (at == std::string_view::npos) return false;
    const std::size_t after = at + plain.size();
    return after == text.size() ||
           std::string_view("/:?\"'# <>\\,)").find(text[after]) != std::string_view::npos;
  };
  for (const char* header : {"Location", "Link", "Content-Location"}) {
    if (names(answer.header(header))) {
      return CheckOutcome::vulnerable(
          Confidence::confirmed,
          surface.evidence(fmt::format("{} leads to {}", header, plain), {&answer}));
    }
  }
  if (names(answer.response.body)) {
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("the body holds a link to {}", plain), {&answer}));
  }
  return CheckOutcome::protected_("no link to the same host without TLS");
}

const CheckInfo kInfo = {
    "http-links",
    "Answers over https link to the same host without TLS",
    Severity::low,
    "transport",
    {"API8:2023"},
    {319},
    {},
    "A client that follows the link sends its request, often with its credential, in the clear.",
    "Build links from the scheme that the client used; trust X-Forwarded-Proto from your own proxy "
    "only.",
    "SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\") behind a proxy that always "
    "sets it.",
    "",
    "Over https, a header or the body links to the same host with http."};

}  // namespace

const SurfaceCheck kHttpLinks = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::transport
