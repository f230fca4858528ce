// OpenSSL 3 marks the low-level SHA functions as deprecated in favour of EVP. EVP contexts live on
// the heap and cost six times as much a message (header), so the low-level ones are used, here
// only.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hmac_sha256.h"

#include <openssl/sha.h>

#include <cstring>

namespace weir {
namespace {

constexpr std::size_t kBlock = SHA256_CBLOCK;

using Context = std::array<std::uint32_t, 28>;
static_assert(sizeof(SHA256_CTX) == sizeof(Context));

// SHA256_CTX is a plain struct: it lives in our array as its bytes, and is copied in and out. The
// compiler sees through the copies.
template <class Change>
void with(Context& bytes, Change change) {
  SHA256_CTX context;
  std::memcpy(&context, bytes.data(), sizeof(context));
  change(context);
  std::memcpy(bytes.data(), &context, sizeof(context));
}

Context keyed(const std::array<unsigned char, kBlock>& key, unsigned char pad) {
  std::array<unsigned char, kBlock> block = key;
  for (unsigned char& byte : block) byte = static_cast<unsigned char>(byte ^ pad);
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  Context bytes;
  std::memcpy(bytes.data(), &context, sizeof(context));
  return bytes;
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) {
  std::array<unsigned char, kBlock> block{};
  if (key.size() > kBlock) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, key.data(), key.size());
    SHA256_Final(block.data(), &context);
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  inner_ = keyed(block, 0x36);
  outer_ = keyed(block, 0x5c);
}

void HmacSha256::update(std::string_view bytes) {
  with(inner_, [&](SHA256_CTX& context) { SHA256_Update(&context, bytes.data(), bytes.size()); });
}

std::array<std::byte, 32> HmacSha256::finish() {
  std::array<unsigned char, 32> digest{};
  with(inner_, [&](SHA256_CTX& context) { SHA256_Final(digest.data(), &context); });
  with(outer_, [&](SHA256_CTX& context) {
    SHA256_Update(&context, digest.data(), digest.size());
    SHA256_Final(digest.data(), &context);
  });
  std::array<std::byte, 32> result;
  std::memcpy(result.data(), digest.data(), result.size());
  return result;
}

}  // namespace weir
