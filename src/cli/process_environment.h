// The environment of this process, for what takes it as an argument. The only reader of it in the
// program. Thread safety: safe as long as no thread changes the environment.
#pragma once

#include "base/environment.h"

namespace weir::cli {

Environment process_environment();

}  // namespace weir::cli
