// Reports as scans make them, and worse, for the tests of every format.
#pragma once

#include <cstddef>
#include <string>

#include "scan/model.h"

namespace weir::report::samples {

// Four findings against a fixed window of 6 requests in 6 seconds; grade F.
scan::Report failing();

// The same API behind an exact window: nothing found; grade A.
scan::Report passing();

// `text` wherever a target, a document or a client could have put it.
scan::Report filled_with(const std::string& text);

// `count` of everything that a report can list.
scan::Report with_many(std::size_t count);

}  // namespace weir::report::samples
