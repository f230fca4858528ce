// Guesses what an operation is for from its words: path, operationId, tags and the shape of its
// body.
//
// Thread safety: a pure function.
#pragma once

#include "openapi/document.h"

namespace weir::openapi {

// Of an operation whose path, method, operation_id, tags and body are set.
Purpose purpose_of(const Operation& operation);

}  // namespace weir::openapi
