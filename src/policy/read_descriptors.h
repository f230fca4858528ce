// Reads the rules about descriptors, the list `descriptors` of a policy.
//
// Thread safety: pure functions on the caller's own values.
#pragma once

#include <yaml-cpp/yaml.h>

#include "policy/fields.h"
#include "policy/policy.h"

namespace weir::policy {

void read_descriptors(const YAML::Node& node, FieldReader& fields, Policy& policy);

// Once all rules are there: no id twice, and every rule that is replaced is one.
void check_descriptor_ids(const Policy& policy, std::vector<Problem>& errors);

}  // namespace weir::policy
