// Reading and writing the files that are named on the command line.
//
// Promises: an error names the file and the cure. Thread safety: safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::cli {

// At most `most` bytes; a longer file is an error.
Result<std::string> read_file(const std::string& path, std::size_t most);

Status write_file(const std::string& path, std::string_view text);

// Whole or not at all, whatever happens meanwhile: written beside it and renamed.
Status replace_file(const std::string& path, std::string_view text);

}  // namespace weir::cli
