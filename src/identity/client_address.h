// Which address a request comes from, seen through proxies that are trusted to say so.
//
// Promises:
// - A peer that is not trusted says nothing about its own address: its forwarding fields are not
//   even read.
// - Through trusted proxies, the client is the right-most address that is not itself trusted; never
//   the left-most. What stands further left was written by that client and is not read.
// - Both X-Forwarded-For and Forwarded present (a proxy that writes one of them passes the client's
//   other one on): they must name the same client, unless the policy says which one the proxies
//   write. So a spoofed field cannot win, whichever it is.
// - Every address is canonical: IPv4-mapped IPv6 is IPv4. Zone ids are refused.
//
// Thread safety: pure functions over const values.
//
//   ClientAddress from{.trusted = {*Network::parse("10.0.0.0/8")}};
//   Result<Address> client = client_address(request, from);
#pragma once

#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "identity/request.h"

namespace weir::identity {

struct ProxyTrust {
  std::vector<Network> networks;
  bool unix_peer = false;  // a peer on a Unix socket is a trusted proxy
  bool read_x_forwarded_for = true;
  bool read_forwarded = true;
};

// An Error makes the request malformed; it never quotes an address.
Result<Address> client_address(const Request& request, const ProxyTrust& trust);

// How addresses make clients.
struct ClientWidth {
  int ipv4_prefix = 32;
  int ipv6_prefix = 64;
  bool embedded_ipv4 = false;  // look through NAT64, 6to4 and Teredo
};

// The network that counts as one client.
Address client_network(const Address& client, const ClientWidth& width);

}  // namespace weir::identity
