#include <array>

#include "scan/checks/llm/checks.h"

namespace weir::scan::llm {

// The override comes before its disguises, which are of interest only where it failed.
std::span<const SurfaceCheck> checks() {
  static const std::array kChecks = {
      kLlmUnauthenticated, kLlmSystemPromptLeak, kLlmInstructionOverride, kLlmEncodingBypass,
      kLlmRoleImitation,   kLlmOutputUnsafeHtml, kLlmCrossSessionLeak,    kLlmOutputUnbounded};
  return kChecks;
}

}  // namespace weir::scan::llm
