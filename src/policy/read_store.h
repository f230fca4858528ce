// Reads where counters live; see policy/read.h for what is promised of errors.
//
// Thread safety: pure function over one reading.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>

#include "policy/fields.h"
#include "policy/policy.h"

namespace weir::policy {

// nullopt after an error that leaves no store to speak of.
std::optional<StoreConfig> read_store(const YAML::Node& node, FieldReader& fields);

}  // namespace weir::policy
