// Bounds on what a client of the daemon may ask for and have waiting, in one place.
#pragma once

#include <cstddef>

namespace weir::serve {

inline constexpr std::size_t kMaxBatch = 100;  // decisions in one request
inline constexpr int kMaxJsonDepth = 8;
inline constexpr std::size_t kMaxHeaderFields = 64;  // that a request to be decided may have
inline constexpr std::size_t kMaxDescriptors = 64;   // of a RateLimitRequest
inline constexpr std::size_t kMaxEntries = 64;       // of a descriptor
// Decisions that wait for a thread, beyond those that have one. What comes on top is decided at
// once, without the store, by each rule's failure policy.
inline constexpr std::size_t kMaxWaiting = 4096;
// Admitted requests that somebody may still finish or settle. The oldest are forgotten beyond it:
// their places are freed when they have been held for the rule's `hold`.
inline constexpr std::size_t kMaxOpen = 65'536;

}  // namespace weir::serve
