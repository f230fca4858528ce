#include "report/fingerprint.h"

#include <fmt/format.h>

#include "base/sha256.h"

namespace weir::report {

std::string fingerprint(std::string_view id, std::string_view operation) {
  constexpr std::size_t kBytes = 16;
  // The length keeps the two apart: no check's id can be stretched into an operation.
  const Sha256 digest = sha256(fmt::format("{}:{}{}", id.size(), id, operation));
  std::string hex;
  for (std::size_t i = 0; i < kBytes; ++i) {
    hex += fmt::format("{:02x}", std::to_integer<unsigned>(digest[i]));
  }
  return hex;
}

}  // namespace weir::report
