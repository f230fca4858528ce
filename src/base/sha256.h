// SHA-256 (FIPS 180-4) of a text, and its form in configuration: 64 hexadecimal digits.
//
// Thread safety: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace weir {

using Sha256 = std::array<std::byte, 32>;

Sha256 sha256(std::string_view text);

// Digits in either case; nullopt for anything else.
std::optional<Sha256> parse_sha256(std::string_view hex);

}  // namespace weir
