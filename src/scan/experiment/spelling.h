// Other spellings of one path, which servers may or may not take for the same.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::scan {

// Most fruitful first: "/a/b" -> "/a/b/", "/A/B", "//a/b", "/a/%62", "/a/b;x=1", ...
// `path` without its query; never `path` itself.
std::vector<std::string> path_spellings(const std::string& path);

}  // namespace weir::scan
