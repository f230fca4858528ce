// How long and from which seed the scenarios run: arguments of the test program.
//
// Thread safety: set by main() before the tests.
#pragma once

#include <cstdint>

#include "weir/time.h"

namespace weir::test {

struct FaultOptions {
  Duration lasting = std::chrono::seconds(1);  // --fault-seconds: of each fault
  std::uint64_t seed = 1;                      // --fault-seed
};

FaultOptions& fault_options();

}  // namespace weir::test
