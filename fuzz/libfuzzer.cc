// A target under libFuzzer, which brings main() and finds the inputs.
#include <cstddef>
#include <cstdint>

#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::fuzz::try_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
