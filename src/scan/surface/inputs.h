// Where a caller's values go into an operation: what checks put their values into.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "scan/surface/surface.h"

namespace weir::scan {

inline constexpr std::size_t kMaxInputs = 6;  // of one operation; the rest is not tried

struct Input {
  std::string name;   // of a query parameter
  std::string value;  // as the base has it, percent-encoded; or the document's example
  std::string type;   // as declared: "integer"; else "integer" where the value is one, or empty
  std::string format;
};

// The query parameters of the base request, then those that the document declares. No credentials.
std::vector<Input> query_inputs(const Surface& surface);

// The base with another value, which is percent-encoded here.
Variant with_input(const Surface& surface, const Input& input, std::string_view value);

// A path beside the base's that ends in `value`, percent-encoded.
Variant with_input_in_path(const Surface& surface, std::string_view value);

}  // namespace weir::scan
