// Url: an absolute http or https URL, parsed strictly (RFC 3986, without user information).
//
// Strict, because what follows from a URL is where credentials and probes are sent: user
// information, white space, control characters, bytes outside ASCII, unknown schemes, IPv6 zone ids
// and ports out of range are refused, each with its cure, rather than guessed at. A fragment is
// refused too: it is never sent, so it can only be a mistake.
//
// Thread safety: plain values and pure functions.
//
//   Result<Url> url = Url::parse("https://api.example.com:8443/v1/users?page=2");
//   url->host == "api.example.com", url->port == 8443, url->target == "/v1/users?page=2"
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::net {

// Longer ones are refused: no server accepts them.
inline constexpr std::size_t kMaxUrlBytes = 8192;

enum class Scheme { http, https };

// Where a connection goes. Two URLs with the same endpoint may share a connection.
struct Endpoint {
  Scheme scheme = Scheme::https;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 443;

  bool is_tls() const { return scheme == Scheme::https; }
  // The host is an IPv4 or IPv6 address, so it needs no look-up (and TLS no SNI, RFC 6066 §3).
  bool host_is_address() const;
  // As a Host header says it: brackets around IPv6, the port unless it is the scheme's own.
  std::string authority() const;
  // "https://example.com:8443", for messages.
  std::string to_string() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct Url : Endpoint {
  std::string target = "/";  // path and query as an HTTP request line says them; never empty

  static Result<Url> parse(std::string_view text);

  const Endpoint& endpoint() const { return *this; }
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string to_string() const { return Endpoint::to_string() + target; }

  friend bool operator==(const Url&, const Url&) = default;
};

}  // namespace weir::net
