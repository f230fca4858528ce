// What a schema declares of a body: the names of its properties, at any depth, and what is said of
// them.
//
// Thread safety: as Reading.
#pragma once

#include "openapi/document.h"
#include "openapi/reading.h"

namespace weir::openapi {

// Adds what `schema` declares to `shape`. All parts of allOf and all branches of oneOf and anyOf
// count. Recursive schemas are looked at once.
void read_shape(const Node* schema, Reading& reading, BodyShape& shape);

}  // namespace weir::openapi
