#include <fmt/format.h>

#include <array>
#include <set>

#include "scan/checks/inventory/checks.h"
#include "scan/checks/inventory/places.h"
#include "scan/surface/body.h"

namespace weir::scan::inventory {
namespace {

constexpr std::array<const char*, 15> kWords = {
    "admin", "internal", "users",   "accounts", "config",   "settings", "export", "backup",
    "test",  "debug",    "reports", "orders",   "payments", "tokens",   "audit"};

// The folders that the document's operations lie in: "/v1/items/{id}" lies in "/v1/".
std::set<std::string> folders_of(const openapi::Document& document) {
  std::set<std::string> folders;
  for (const openapi::Operation& operation : document.operations) {
    const std::string path = operation.base_path + operation.path;
    const std::string constant = path.substr(0, path.find('{'));
    std::size_t end = constant.size();
    while (end > 1 && constant[end - 1] == '/') --end;  // the list itself, not what is in it
    folders.insert(constant.substr(0, constant.rfind('/', end - 1) + 1));
    if (folders.size() == 2) break;
  }
  return folders;
}

CheckOutcome run(Surface& surface) {
  if (!surface.plan().api) return CheckOutcome::not_applicable("no document says what there is");
  int tried = 0;
  for (const std::string& folder : folders_of(*surface.plan().api)) {
    // The control of each folder: where any name is served, guessing proves nothing.
    if (ask_for(surface, folder + "weir-" + surface.made_up(), false).served()) continue;
    for (const char* word : kWords) {
      const std::string path = folder + word;
      if (is_declared(surface, path)) continue;
      if (surface.stopped()) return CheckOutcome::inconclusive(surface.stop_reason());
      ++tried;
      const Answer first = ask_for(surface, path, false);
      if (!is_there(surface, first) || !leaves_of(first.response.body)) continue;
      const Answer second = ask_for(surface, path, false);
      if (!is_there(surface, second)) return CheckOutcome::inconclusive("it was served once only");
      return CheckOutcome::vulnerable(
          Confidence::confirmed,
          surface.evidence(
              fmt::format("{} serves JSON, twice, and is not in the document; a path that cannot "
                          "exist gets {}",
                          path, surface.missing().status()),
              {&surface.missing(), &first, &second}));
    }
  }
  return CheckOutcome::protected_(fmt::format("nothing is at {} guessed paths", tried));
}

const CheckInfo kInfo = {
    "undocumented-operation",
    "The API serves what its document does not declare",
    Severity::medium,
    "inventory",
    {"API9:2023"},
    {1059, 912},
    {},
    "What is in no document is in no review and behind no gateway's rules.",
    "Generate the document from the routes, or take the route away.",
    "drf-spectacular lists every view; plain Django views beside it are what is forgotten.",
    "",
    "A path of 15 well-known words beside the document's operations serves JSON, twice, while a "
    "path that cannot exist is not served."};

}  // namespace

const SurfaceCheck kUndocumentedOperation = {&kInfo, Scope::target, run};

}  // namespace weir::scan::inventory
