// OpenSSL 3 marks the low-level SHA functions as deprecated in favour of EVP. EVP contexts live on
// the heap and cost six times as much a message (header), so the low-level ones are used, here
// only.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hmac_sha256.h"

#include <openssl/sha.h>

#include <cstring>
#include <new>
#include <type_traits>

namespace weir {
namespace {

constexpr std::size_t kBlock = SHA256_CBLOCK;
using Block = std::array<unsigned char, kBlock>;

// An array of std::byte provides storage for a SHA256_CTX, and copying the array copies it: it is
// trivially copyable ([basic.types.general]).
template <std::size_t Size>
SHA256_CTX* context(std::array<std::byte, Size>& state) {
  static_assert(Size == sizeof(SHA256_CTX) && std::is_trivially_copyable_v<SHA256_CTX>);
  return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

template <std::size_t Size>
void begin(std::array<std::byte, Size>& state, const Block& key, unsigned char pad) {
  Block block = key;
  for (unsigned char& byte : block) byte = static_cast<unsigned char>(byte ^ pad);
  SHA256_CTX* fresh = new (state.data()) SHA256_CTX;
  SHA256_Init(fresh);
  SHA256_Update(fresh, block.data(), block.size());
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) {
  Block block{};
  if (key.size() > kBlock) {
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, key.data(), key.size());
    SHA256_Final(block.data(), &hash);
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  begin(inner_, block, 0x36);
  begin(outer_, block, 0x5c);
}

void HmacSha256::update(std::string_view bytes) {
  SHA256_Update(context(inner_), bytes.data(), bytes.size());
}

std::array<std::byte, 32> HmacSha256::finish() {
  std::array<unsigned char, 32> digest{};
  SHA256_Final(digest.data(), context(inner_));
  SHA256_Update(context(outer_), digest.data(), digest.size());
  SHA256_Final(digest.data(), context(outer_));
  std::array<std::byte, 32> result;
  std::memcpy(result.data(), digest.data(), result.size());
  return result;
}

}  // namespace weir
