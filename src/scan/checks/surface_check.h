// Checks of the categories other than rate limiting: data, and a small function over a Surface.
//
// Adding one: docs/writing-a-check.md. Ids are stable; users' gates and baselines depend on them.
// Thread safety: the registry is constant; a run is as the Surface.
#pragma once

#include <span>

#include "scan/checks/check.h"
#include "scan/surface/surface.h"

namespace weir::scan {

enum class Scope {
  operation,  // runs on each operation
  target,     // runs once, on the target as a whole
};

struct SurfaceCheck {
  const CheckInfo* info;
  Scope scope;
  CheckOutcome (*run)(Surface&);
};

struct SurfaceCategory {
  const char* name;
  std::span<const SurfaceCheck> checks;
};

// In the order in which they run: what only reads answers comes before what sends many.
std::span<const SurfaceCategory> surface_categories();

}  // namespace weir::scan
