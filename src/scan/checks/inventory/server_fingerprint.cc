#include <fmt/format.h>

#include <cctype>

#include "scan/checks/inventory/checks.h"

namespace weir::scan::inventory {
namespace {

// "nginx/1.18.0", "PHP/7.4.3": a digit, a dot, a digit after a slash or a blank.
bool names_a_version(std::string_view text) {
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    if (dot == 0 || dot + 1 == text.size()) continue;
    if (std::isdigit(static_cast<unsigned char>(text[dot - 1])) != 0 &&
        std::isdigit(static_cast<unsigned char>(text[dot + 1])) != 0) {
      return true;
    }
  }
  return false;
}

CheckOutcome run(Surface& surface) {
  const Answer& own = surface.baseline();
  if (!own.ok()) return CheckOutcome::inconclusive("no answer");
  for (const char* name : {"Server", "X-Powered-By", "X-AspNet-Version", "X-Generator"}) {
    const std::string value(own.header(name));
    if (!names_a_version(value)) continue;
    const Answer again = surface.send(surface.base(), "again");
    if (again.header(name) != value) return CheckOutcome::inconclusive("seen once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("{}: {}, twice", name, value.substr(0, 80)), {&own, &again}));
  }
  return CheckOutcome::protected_("no header names a version of the software");
}

const CheckInfo kInfo = {
    "server-fingerprint",
    "Answers name the version of the software",
    Severity::info,
    "inventory",
    {"API8:2023"},
    {200},
    {},
    "It tells which published flaws to try first. No flaw by itself.",
    "nginx: server_tokens off; gunicorn and others behind a proxy: drop the header there.",
    "A proxy that removes Server, or WSGI middleware that overwrites it.",
    "",
    "Server or X-Powered-By holds a version number, twice."};

}  // namespace

const SurfaceCheck kServerFingerprint = {&kInfo, Scope::target, run};

}  // namespace weir::scan::inventory
