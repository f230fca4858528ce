#include "scan/checks/inventory/checks.h"
#include "scan/checks/inventory/places.h"

namespace weir::scan::inventory {
namespace {

const std::vector<Page>& pages() {
  static const std::vector<Page> all = {
      {"/actuator/env", "Spring Boot Actuator", {"\"propertySources\""}},
      {"/debug/pprof/", "Go's pprof", {"/debug/pprof/", "goroutine"}},
      {"/debug/vars", "Go's expvar", {"\"cmdline\"", "\"memstats\""}},
      {"/.git/HEAD", "a Git repository", {"ref: refs/"}},
      {"/.env", "an environment file", {"SECRET", "="}},
      {"/console", "Werkzeug's debugger", {"Werkzeug", "console"}},
      {"/__debug__/", "Django Debug Toolbar", {"djDebug"}},
      {"/phpinfo.php", "phpinfo()", {"PHP Version", "phpinfo()"}},
      {"/_profiler/", "Symfony's profiler", {"Symfony Profiler"}},
      {"/telescope", "Laravel Telescope", {"Telescope", "telescope/"}},
      {"/h2-console/", "H2's console", {"H2 Console"}},
      {"/elmah.axd", "ELMAH", {"Error Log for"}},
  };
  return all;
}

CheckOutcome run(Surface& surface) {
  return look_for_pages(surface, pages());
}

const CheckInfo kInfo = {
    "debug-endpoint-exposed",
    "A page for operators is open to anybody",
    Severity::high,
    "inventory",
    {"API9:2023", "API8:2023"},
    {489, 425},
    {"6.2.4"},
    "Such pages show configuration, memory, traffic or source, and some of them run code.",
    "Bind them to an internal address, or put them behind a credential.",
    "DEBUG = False, no debug toolbar in INSTALLED_APPS of production, django-prometheus on a port "
    "of its own (PROMETHEUS_METRICS_EXPORT_PORT).",
    "",
    "A well-known path serves, without a credential and twice, what only the product behind it "
    "says; a path that cannot exist brings something else."};

}  // namespace

const SurfaceCheck kDebugEndpointExposed = {&kInfo, Scope::target, run};

}  // namespace weir::scan::inventory
