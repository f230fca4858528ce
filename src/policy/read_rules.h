// Reads the rules of a policy; see policy/read.h for what is promised of errors.
//
// Thread safety: pure functions over one reading.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <vector>

#include "policy/fields.h"
#include "policy/policy.h"

namespace weir::policy {

inline constexpr std::string_view kNameCure = "Use 1 to 64 characters from a-z, 0-9, '_' and '-'";

// How many bits of an address make one client: 1 to `bits`.
std::optional<int> read_prefix(FieldReader& fields, const YAML::Node& value, int bits);

// Once all of the policy is read.
void check_override_widths(const Policy& policy, std::vector<Problem>& errors);

// Appends to policy.rules.
void read_rules(const YAML::Node& node, FieldReader& fields, Policy& policy);

}  // namespace weir::policy
