// What makes a finding the same one in the next scan: its check and its operation, and nothing of
// the host, the port, the time or the numbers. Baselines, SARIF and history go by it.
//
// Thread safety: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace weir::report {

// 32 hexadecimal digits of SHA-256.
std::string fingerprint(std::string_view id, std::string_view operation);

}  // namespace weir::report
