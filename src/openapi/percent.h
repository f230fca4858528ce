// Percent-encoding (RFC 3986 §2.1), as parameters and reference fragments need it.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace weir::openapi {

// Everything but unreserved characters (RFC 3986 §2.3) encoded: fit for any part of a URL.
std::string percent_encoded(std::string_view text);

// Of a path that may already be encoded: only what no path may carry is encoded.
std::string path_encoded(std::string_view path);

// "%41" decoded to "A"; a '%' without two hex digits stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace weir::openapi
