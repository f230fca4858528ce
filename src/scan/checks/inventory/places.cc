#include "scan/checks/inventory/places.h"

#include <fmt/format.h>

#include <algorithm>

#include "scan/surface/body.h"

namespace weir::scan::inventory {

Answer ask_for(Surface& surface, const std::string& path, bool anonymous) {
  Variant variant = surface.with_target(path);
  if (anonymous) variant = surface.anonymous_of(variant.request);
  variant.changed = (anonymous ? "no credential, path " : "path ") + path;
  return surface.send(variant, "variant");
}

bool is_there(Surface& surface, const Answer& answer) {
  return answer.served() && !answer.response.body.empty() &&
         !surface.same_document(answer, surface.missing());
}

namespace {

bool is_page_of(Surface& surface, const Answer& answer, const Page& page) {
  if (!is_there(surface, answer)) return false;
  // A file whose name begins with a dot is no page.
  if (std::string_view(page.path).starts_with("/.") && media_type(answer.response) == "text/html") {
    return false;
  }
  for (const char* sign : page.signs) {
    if (answer.response.body.find(sign) == std::string::npos) return false;
  }
  return true;
}

}  // namespace

CheckOutcome look_for_pages(Surface& surface, const std::vector<Page>& pages) {
  for (const Page& page : pages) {
    if (surface.stopped()) return CheckOutcome::inconclusive(surface.stop_reason());
    if (is_declared(surface, page.path)) continue;  // meant to be there
    const Answer first = ask_for(surface, page.path, true);
    if (!is_page_of(surface, first, page)) continue;
    const Answer second = ask_for(surface, page.path, true);
    if (!is_page_of(surface, second, page)) {
      return CheckOutcome::inconclusive(std::string(page.path) + " was served once only");
    }
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(
            fmt::format("{} is {}, open without a credential, twice", page.path, page.product),
            {&surface.missing(), &first, &second}));
  }
  return CheckOutcome::protected_(
      fmt::format("none of {} products' own pages is open", pages.size()));
}

bool says_that_it_ends(const Answer& answer) {
  return !answer.header("Deprecation").empty() || !answer.header("Sunset").empty();
}

bool is_declared(const Surface& surface, const std::string& path) {
  if (!surface.plan().api) return false;
  const auto& operations = surface.plan().api->operations;
  return std::any_of(operations.begin(), operations.end(), [&](const auto& operation) {
    // A template counts for its constant beginning: "/users/{id}" declares "/users/export", too.
    const std::string whole = operation.base_path + operation.path;
    const std::size_t open = whole.find('{');
    return operation.example_path == path || whole == path ||
           (open != std::string::npos && path.size() > open &&
            path.compare(0, open, whole, 0, open) == 0 &&
            path.find('/', open) == std::string::npos);
  });
}

}  // namespace weir::scan::inventory
