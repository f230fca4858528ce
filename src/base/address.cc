#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"

namespace weir {
namespace {

constexpr std::size_t kMaxAddressText = 45;  // the longest IPv6 spelling, INET6_ADDRSTRLEN - 1

constexpr std::string_view kCure =
    "Write an IPv4 or IPv6 address, for example 203.0.113.7 or 2001:db8::7";

// Bytes 0-11 of ::ffff:0:0/96.
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::invalid_input, std::string(why), std::string(kCure));
  };
  if (text.empty()) return refuse("an address is empty");
  if (text.size() > kMaxAddressText) return refuse("an address is longer than 45 characters");
  const std::string terminated(text);  // inet_pton wants a terminator
  if (terminated.find('\0') != std::string::npos)
    return refuse("an address contains a NUL character");
  if (text.find('%') != std::string_view::npos) return refuse("'" + terminated + "' has a zone id");

  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) return address;
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), v6.data()) != 1)
    return refuse("'" + terminated + "' is not an IP address");
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), v6.begin())) {
    std::copy(v6.begin() + 12, v6.end(), address.bytes_.begin());
    return address;
  }
  address.v4_ = false;
  address.bytes_ = v6;
  return address;
}

Address Address::from_v4(const std::array<std::uint8_t, 4>& bytes) {
  Address address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

bool Address::is_loopback() const {
  if (v4_) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.begin() + 15,
                     [](std::uint8_t byte) { return byte == 0; }) &&
         bytes_[15] == 1;
}

Address Address::masked(int prefix) const {
  WEIR_CHECK(prefix >= 0 && prefix <= bits());
  Address result = *this;
  auto index = static_cast<std::size_t>(prefix / 8);
  if (prefix % 8 != 0) {
    result.bytes_[index] =
        static_cast<std::uint8_t>(result.bytes_[index] & (0xff00U >> (prefix % 8)));
    ++index;
  }
  std::fill(result.bytes_.begin() + static_cast<std::ptrdiff_t>(index), result.bytes_.end(), 0);
  return result;
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* done = inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text.data(),
                               static_cast<socklen_t>(text.size()));
  WEIR_CHECK(done != nullptr);
  return done;
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  Result<Address> address = Address::parse(text.substr(0, slash));
  if (!address) return tl::unexpected(address.error());
  Network network;
  network.prefix_ = address->bits();
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix_);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-' ||
        network.prefix_ > address->bits()) {
      return fail(ErrorCode::invalid_input,
                  "'" + std::string(text) + "' has no valid prefix length",
                  "Write ADDRESS/BITS, for example 10.0.0.0/8 or 2001:db8::/32");
    }
  }
  network.base_ = address->masked(network.prefix_);
  return network;
}

bool Network::contains(const Address& address) const {
  return address.is_v4() == base_.is_v4() && address.masked(prefix_) == base_;
}

std::string Network::to_string() const {
  return base_.to_string() + "/" + std::to_string(prefix_);
}

}  // namespace weir
