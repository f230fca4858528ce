// A moment as reports write it: RFC 3339 in UTC, "2026-11-25T13:00:00Z".
//
// Thread safety: a pure function.
#pragma once

#include <string>

#include "weir/time.h"

namespace weir::scan {

std::string rfc3339(Time time);

}  // namespace weir::scan
