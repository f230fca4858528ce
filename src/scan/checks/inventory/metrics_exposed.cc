#include "scan/checks/inventory/checks.h"
#include "scan/checks/inventory/places.h"

namespace weir::scan::inventory {
namespace {

const std::vector<Page>& pages() {
  static const std::vector<Page> all = {
      {"/metrics", "Prometheus metrics", {"# HELP ", "# TYPE "}},
      {"/actuator/metrics", "Spring Boot's metrics", {"\"names\"", "jvm."}},
      {"/server-status", "Apache's mod_status", {"Apache Server Status"}},
      {"/nginx_status", "nginx's stub_status", {"Active connections:", "server accepts"}},
  };
  return all;
}

CheckOutcome run(Surface& surface) {
  return look_for_pages(surface, pages());
}

const CheckInfo kInfo = {
    "metrics-exposed",
    "The target's metrics are open to anybody",
    Severity::low,
    "inventory",
    {"API9:2023", "API8:2023"},
    {200},
    {},
    "They tell what runs, how much of it is used, and when a limit or an attack shows effect.",
    "Serve them on an internal address or port.",
    "django-prometheus on a port of its own (PROMETHEUS_METRICS_EXPORT_PORT).",
    "",
    "A well-known path serves, without a credential and twice, what only the product behind it "
    "says; a path that cannot exist brings something else."};

}  // namespace

const SurfaceCheck kMetricsExposed = {&kInfo, Scope::target, run};

}  // namespace weir::scan::inventory
