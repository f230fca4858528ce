// How long requests that are to arrive together are held back.
#pragma once

#include <chrono>

namespace weir::scan {

// Between the held requests and what ends them: time for the first parts to arrive and be read.
inline constexpr auto kHold = std::chrono::milliseconds(60);

}  // namespace weir::scan
