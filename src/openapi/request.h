// Fills in what an operation needs to be sent: its parameters and its body.
//
// Thread safety: as Reading.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openapi/document.h"
#include "openapi/reading.h"
#include "openapi/sample.h"

namespace weir::openapi {

// Where an operation stands in the document.
struct OperationContext {
  const Node* operation = nullptr;
  const Node* path_item = nullptr;
  bool is_swagger = false;  // OpenAPI 2.0
};

// Sets example_path, query, headers, body, parameters and unfilled of `operation`, whose base_path
// and path are set.
void fill_request(const OperationContext& context, Reading& reading, Operation& operation);

}  // namespace weir::openapi
