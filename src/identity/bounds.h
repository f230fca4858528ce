// Bounds on what a request may say about who is asking. Past any of them the request is malformed.
#pragma once

#include <cstddef>

namespace weir::identity {

inline constexpr std::size_t kMaxHops = 32;           // proxies in a row, and empty list elements
inline constexpr std::size_t kMaxHopLength = 512;     // one element of X-Forwarded-For, Forwarded
inline constexpr std::size_t kMaxApiKeyLength = 512;  // whatever the policy's pattern says
inline constexpr std::size_t kDefaultApiKeyLength = 128;
inline constexpr std::size_t kMaxUserLength = 512;
inline constexpr std::size_t kMaxSubjectLength = 512;  // what code counts apart
inline constexpr std::size_t kMaxRequestIdLength = 128;
inline constexpr std::size_t kMaxRouteLength = 1024;

}  // namespace weir::identity
