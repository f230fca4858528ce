// The DynamoDB table of a policy, for `manage.py weir table` and its system check.
//
// Thread safety: the function may be called from any thread.
#pragma once

#include <optional>

#include "base/environment.h"
#include "base/result.h"
#include "policy/policy.h"
#include "store/dynamodb/table.h"

namespace weir::python {

// Makes the table, or looks at it; nullopt: the policy's counters are not in DynamoDB.
Result<std::optional<store::TableInfo>> table_of(const policy::Policy& policy,
                                                 const Environment& environment, bool create);

}  // namespace weir::python
