#include "identity/embedded_ipv4.h"

#include <algorithm>
#include <array>
#include <span>

namespace weir::identity {
namespace {

constexpr std::array<std::uint8_t, 12> kNat64 = {0x00, 0x64, 0xff, 0x9b};  // then zeros
constexpr std::array<std::uint8_t, 2> kSixToFour = {0x20, 0x02};
constexpr std::array<std::uint8_t, 4> kTeredo = {0x20, 0x01, 0x00, 0x00};

bool starts_with(const Address& address, std::span<const std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.bytes().begin());
}

Address ipv4_at(const Address& address, std::size_t offset, std::uint8_t inverted) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(address.bytes()[offset + i] ^ inverted);
  }
  return Address::from_v4(bytes);
}

}  // namespace

std::optional<Address> embedded_ipv4(const Address& address) {
  if (address.is_v4()) return std::nullopt;
  if (starts_with(address, kNat64)) return ipv4_at(address, 12, 0);
  if (starts_with(address, kSixToFour)) return ipv4_at(address, 2, 0);
  if (starts_with(address, kTeredo)) return ipv4_at(address, 12, 0xff);
  return std::nullopt;
}

}  // namespace weir::identity
