#include <fmt/format.h>

#include "base/ascii.h"
#include "scan/checks/input_validation/checks.h"
#include "scan/surface/body.h"
#include "scan/surface/inputs.h"

namespace weir::scan::input_validation {
namespace {

constexpr std::string_view kMarkup = "\"'<x>7";  // harmless: no browser knows the element

// Pages whose policy runs no inline script cannot be made to.
bool policy_forbids_scripts(const Answer& answer) {
  const std::string policy = base::lower_case(answer.header("Content-Security-Policy"));
  const bool restricts = policy.find("script-src") != std::string::npos ||
                         policy.find("default-src") != std::string::npos ||
                         policy.find("sandbox") != std::string::npos;
  return restricts && policy.find("unsafe-inline") == std::string::npos;
}

bool is_page(const Answer& answer) {
  const std::string type = media_type(answer.response);
  return type == "text/html" || type == "application/xhtml+xml";
}

CheckOutcome run(Surface& surface) {
  if (!surface.is_read_only()) return CheckOutcome::not_applicable("no link leads to a POST");
  const std::vector<Input> inputs = query_inputs(surface);
  // A parameter that nobody knows, and a path that nobody knows: pages about errors repeat those.
  std::vector<std::pair<std::string, std::function<Variant(const std::string&)>>> places;
  for (const Input& input : inputs) {
    places.emplace_back("parameter " + input.name, [&surface, &input](const std::string& text) {
      return with_input(surface, input, text);
    });
  }
  places.emplace_back(
      "path", [&surface](const std::string& text) { return with_input_in_path(surface, text); });
  for (const auto& [place, make] : places) {
    const auto ask = [&surface, &make = make] {
      const std::string text = surface.made_up() + std::string(kMarkup);
      Answer answer = surface.send(make(text), "variant");
      const bool raw = answer.response.body.find(text) != std::string::npos;
      return std::pair(std::move(answer), raw);
    };
    const auto [first, raw] = ask();
    if (!first.ok()) return CheckOutcome::inconclusive("no answer");
    if (!raw || !is_page(first)) continue;
    if (policy_forbids_scripts(first)) {
      return CheckOutcome::protected_("markup comes back, but the page's policy runs no script");
    }
    const auto [second, raw_again] = ask();
    if (!raw_again) return CheckOutcome::inconclusive("seen once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("the {} comes back in a page with its quotes and angle "
                                     "brackets as they were, twice",
                                     place),
                         {&first, &second}));
  }
  return CheckOutcome::protected_(
      fmt::format("{} places: no markup comes back in a page", places.size()));
}

const CheckInfo kInfo = {
    "reflected-input-html",
    "Markup in the request comes back as markup",
    Severity::medium,
    "input-validation",
    {"API8:2023"},
    {79},
    {"6.2.4"},
    "Who follows a prepared link runs the link's script in the API's own origin.",
    "Escape for the place where text is put (a template with automatic escaping), and answer "
    "errors as JSON.",
    "Templates escape unless |safe or mark_safe says otherwise; HttpResponse(f\"...{value}\") does "
    "not.",
    "",
    "A made-up text with quotes and angle brackets comes back unescaped in text/html, twice, and "
    "no Content-Security-Policy keeps scripts from running."};

}  // namespace

const SurfaceCheck kReflectedInputHtml = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
