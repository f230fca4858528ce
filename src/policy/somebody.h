// Somebody: whom a policy names, in its allow and deny lists and in the overrides of a rule.
//
// An API key stands there as its SHA-256, so that no policy needs to hold one.
// Thread safety: plain values.
#pragma once

#include <string>
#include <variant>

#include "base/address.h"
#include "base/sha256.h"

namespace weir::policy {

struct ApiKeyDigest {
  Sha256 sha256{};
  friend bool operator==(const ApiKeyDigest&, const ApiKeyDigest&) = default;
};

struct UserName {
  std::string name;
  friend bool operator==(const UserName&, const UserName&) = default;
};

using Somebody = std::variant<Network, ApiKeyDigest, UserName>;

inline constexpr std::size_t kMaxListed = 1024;    // of an allow or a deny list
inline constexpr std::size_t kMaxOverrides = 256;  // of a rule
inline constexpr std::size_t kMaxListedNameLength = 512;

}  // namespace weir::policy
