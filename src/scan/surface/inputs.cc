#include "scan/surface/inputs.h"

#include <algorithm>

#include "openapi/percent.h"
#include "scan/surface/body.h"

namespace weir::scan {
namespace {

bool is_integer(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::vector<Input> query_inputs(const Surface& surface) {
  std::vector<Input> inputs;
  const auto add = [&inputs](Input input) {
    const bool known = std::any_of(inputs.begin(), inputs.end(),
                                   [&](const Input& each) { return each.name == input.name; });
    if (known || inputs.size() == kMaxInputs || names_a_credential(input.name)) return;
    if (input.type.empty() && is_integer(input.value)) input.type = "integer";
    inputs.push_back(std::move(input));
  };
  const openapi::Operation* operation = surface.declared();
  for (const auto& [name, value] : surface.query()) {
    Input input{name, value, {}, {}};
    if (operation != nullptr) {
      for (const openapi::Parameter& parameter : operation->parameters) {
        if (parameter.in != "query" || parameter.name != name) continue;
        input.type = parameter.type;
        input.format = parameter.format;
      }
    }
    add(std::move(input));
  }
  if (operation == nullptr) return inputs;
  for (const openapi::Parameter& parameter : operation->parameters) {
    if (parameter.in != "query" || openapi::percent_encoded(parameter.name) != parameter.name) {
      continue;
    }
    add({parameter.name, openapi::percent_encoded(parameter.example), parameter.type,
         parameter.format});
  }
  return inputs;
}

Variant with_input(const Surface& surface, const Input& input, std::string_view value) {
  return surface.with_query(input.name, openapi::percent_encoded(value));
}

Variant with_input_in_path(const Surface& surface, std::string_view value) {
  const std::string path = surface.path();
  return surface.with_target(path.substr(0, path.rfind('/') + 1) + openapi::percent_encoded(value));
}

}  // namespace weir::scan
