// The store that a policy names, opened.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"
#include "policy/policy.h"
#include "store/store.h"
#include "weir/clock.h"

namespace weir::engine {

// Makes no request yet: a table or credentials that are wrong show in Store::check().
// Credentials, and the region and endpoint that the policy leaves out, come from `environment`.
// `clock` must outlive the store. `warn` hears, a sentence at a time and once a change, of what an
// operator should mend, such as a clock that is off; may be empty.
Result<std::unique_ptr<store::Store>> open_store(const policy::Policy& policy,
                                                 const Environment& environment, Clock& clock,
                                                 std::function<void(std::string_view)> warn = {});

}  // namespace weir::engine
