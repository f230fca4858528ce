#include "base/sha256.h"

#include <openssl/sha.h>

#include <charconv>
#include <cstring>

namespace weir {

Sha256 sha256(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  // SHA256() takes unsigned characters; what a text holds is the same.
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  Sha256 result;
  std::memcpy(result.data(), digest.data(), result.size());
  return result;
}

std::optional<Sha256> parse_sha256(std::string_view hex) {
  Sha256 digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const digits = hex.data() + 2 * i;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    digest.at(i) = static_cast<std::byte>(value);
  }
  return digest;
}

}  // namespace weir
