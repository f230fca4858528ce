// Where code scanning shows a finding: relative references that GitHub takes. It refuses empty
// ones, blanks, and a colon in the first segment; it wants paths from the root of the repository.
//
// Thread safety: pure functions.
//
//   document_uri("./api/open api.yaml")   == "api/open%20api.yaml"
//   operation_uri("GET /api/quote")       == "weir-scan/get-api-quote"
#pragma once

#include <string>
#include <string_view>

namespace weir::report {

// Of an OpenAPI document as named on the command line. One outside of the working folder (absolute,
// or through "..") is known by its name only.
std::string document_uri(std::string_view file);

// Of an operation that no document declares.
std::string operation_uri(std::string_view operation);

}  // namespace weir::report
