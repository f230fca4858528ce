// IP addresses and networks, in one canonical form.
//
// An IPv4-mapped IPv6 address *is* that IPv4 address. Zone ids ("fe80::1%eth0"), ports, brackets
// and IPv4 with leading zeros are refused here; who accepts a port in a header strips it first.
// Thread safety: plain values and pure functions.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir {

class Address {
 public:
  static Result<Address> parse(std::string_view text);
  static Address from_v4(const std::array<std::uint8_t, 4>& bytes);

  bool is_v4() const { return v4_; }
  int bits() const { return v4_ ? 32 : 128; }
  bool is_loopback() const;

  // The first 4 bytes for IPv4, all 16 for IPv6, in network order.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  // The same address with all but the first `prefix` bits cleared. prefix: 0 to bits().
  Address masked(int prefix) const;

  // Canonical text: dotted quad, or RFC 5952 for IPv6.
  std::string to_string() const;

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};
};

// "10.0.0.0/8", "2001:db8::/32", or a single address.
class Network {
 public:
  static Result<Network> parse(std::string_view text);

  bool contains(const Address& address) const;
  bool is_v4() const { return base_.is_v4(); }
  int prefix() const { return prefix_; }
  std::string to_string() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  Address base_;
  int prefix_ = 0;
};

}  // namespace weir
