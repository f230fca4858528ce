// DynamoDB's expression grammar (src/tap/expression) for weir.lint, so that there is one grammar,
// the one that is held against Amazon's own parser.
//
// Thread safety: called once, while the module is made.
#pragma once

#include <nanobind/nanobind.h>

namespace weir::python {

// Adds parse_condition() and parse_update() to the module.
void add_expressions(nanobind::module_& module);

}  // namespace weir::python
