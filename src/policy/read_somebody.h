// Reads whom a policy names; see policy/read.h for what is promised of errors.
//
// Thread safety: pure functions over one reading.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <vector>

#include "policy/fields.h"
#include "policy/somebody.h"

namespace weir::policy {

// Fields by which somebody is named. What is read goes to `who`; a second one is an error.
std::vector<Field> somebody_fields(FieldReader& fields, std::optional<Somebody>& who);

// A list of mappings of one such field each.
std::vector<Somebody> read_list(const YAML::Node& node, FieldReader& fields, std::string_view what);

}  // namespace weir::policy
