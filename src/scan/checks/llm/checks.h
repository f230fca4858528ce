// The checks of the category llm, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::llm {

extern const SurfaceCheck kLlmUnauthenticated;
extern const SurfaceCheck kLlmSystemPromptLeak;
extern const SurfaceCheck kLlmInstructionOverride;
extern const SurfaceCheck kLlmEncodingBypass;
extern const SurfaceCheck kLlmRoleImitation;
extern const SurfaceCheck kLlmOutputUnsafeHtml;
extern const SurfaceCheck kLlmCrossSessionLeak;
extern const SurfaceCheck kLlmOutputUnbounded;

std::span<const SurfaceCheck> checks();

}  // namespace weir::scan::llm
