// The store that a policy names, opened.
#pragma once

#include <memory>

#include "base/environment.h"
#include "base/result.h"
#include "policy/policy.h"
#include "store/store.h"
#include "weir/clock.h"

namespace weir::engine {

// Credentials, region and endpoint that the policy leaves out come from `environment`.
Result<std::unique_ptr<store::Store>> open_store(const policy::StoreConfig& config,
                                                 const Environment& environment, Clock& clock);

}  // namespace weir::engine
