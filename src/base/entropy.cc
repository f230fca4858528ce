// The only file of Weir that draws entropy.
#include <sys/random.h>

#include <cerrno>

#include "base/check.h"
#include "base/rng.h"

namespace weir::base {

void fill_entropy(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    WEIR_CHECK(got > 0);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t entropy_seed() {
  std::uint64_t seed = 0;
  fill_entropy(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

}  // namespace weir::base
