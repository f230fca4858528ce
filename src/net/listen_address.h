// ListenAddress: where a server of ours takes connections.
//
//   "127.0.0.1:8080"  "[::1]:8080"  "0.0.0.0:8080"  an address and a port; port 0: any that is free
//   "unix:/run/weir.sock"                           a Unix socket, by its path from the root
//
// Names are refused: a server that listens where a look-up says may listen to the world one day.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace weir::net {

// What sockaddr_un has room for, without its last zero.
inline constexpr std::size_t kMaxSocketPath = 107;

struct ListenAddress {
  Address address = {};
  std::uint16_t port = 0;
  std::string path = {};  // of a Unix socket; empty: it is none

  static Result<ListenAddress> parse(std::string_view text);

  bool is_unix() const { return !path.empty(); }
  // Only this machine reaches it.
  bool is_local() const { return is_unix() || address.is_loopback(); }
  std::string to_string() const;
};

}  // namespace weir::net
