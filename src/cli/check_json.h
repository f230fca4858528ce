// A check of the catalogue as JSON, for `weir explain --format json` and the tools of `weir mcp`.
//
// Thread safety: pure functions.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "scan/check_info.h"

namespace weir::cli {

// All that is known of it.
boost::json::object check_json(const scan::CheckInfo& check);

// Id, title, severity and category of each.
boost::json::array checks_json(const std::vector<const scan::CheckInfo*>& checks);

}  // namespace weir::cli
