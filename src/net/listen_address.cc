#include "net/listen_address.h"

#include <fmt/format.h>

#include <charconv>

namespace weir::net {
namespace {

constexpr std::string_view kUnix = "unix:";

tl::unexpected<Error> no_address(std::string_view text) {
  return fail(ErrorCode::invalid_input,
              fmt::format("'{}' is no address to listen on", text.substr(0, 64)),
              "Write 127.0.0.1:8080, [::1]:8080 or unix:/run/weir.sock");
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress parsed;
  if (text.starts_with(kUnix)) {
    parsed.path = text.substr(kUnix.size());
    if (!parsed.path.starts_with('/') || parsed.path.find('\0') != std::string::npos)
      return no_address(text);
    if (parsed.path.size() > kMaxSocketPath) {
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("the path of a socket has at most {} bytes", kMaxSocketPath),
                  "Choose a shorter one");
    }
    return parsed;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_address(text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const Result<Address> address = Address::parse(host);
  // A mapped address stands in brackets and is an IPv4 one.
  if (!address || (!address->is_v4() && !bracketed)) return no_address(text);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size()) return no_address(text);
  parsed.address = *address;
  return parsed;
}

std::string ListenAddress::to_string() const {
  if (is_unix()) return std::string(kUnix) + path;
  const std::string host = address.to_string();
  return address.is_v4() ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

}  // namespace weir::net
