// The process environment as an argument. Only the programs (cli/, the Python binding) read the
// real one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// The value of a variable, or nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

}  // namespace weir
