#include "identity/client_address.h"

#include <algorithm>
#include <optional>

#include "identity/embedded_ipv4.h"
#include "identity/forwarding.h"

namespace weir::identity {
namespace {

bool is_trusted(const Address& address, const std::vector<Network>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

// Walks one field from the nearest hop outwards. `peer` is the trusted proxy that sent it, if it
// has an address. nullopt: the field is absent, or names nobody and the peer has no address.
template <class ReadElement>
Result<std::optional<Address>> walk(HopsFromTheRight hops, ReadElement read_element,
                                    std::optional<Address> peer,
                                    const std::vector<Network>& trusted) {
  std::optional<Address> farthest;
  for (;;) {
    const Result<std::optional<std::string_view>> element = hops.next();
    if (!element) return tl::unexpected(element.error());
    if (!*element) return farthest;
    const Result<std::optional<Address>> address = read_element(**element);
    if (!address) return tl::unexpected(address.error());
    // A trusted proxy that will not say for whom it asks stands for its clients itself.
    if (!*address) return farthest ? farthest : peer;
    farthest = **address;
    if (!is_trusted(*farthest, trusted)) return farthest;
  }
}

}  // namespace

Result<Address> client_address(const Request& request, const ProxyTrust& trust) {
  std::optional<Address> peer;
  if (request.peer.empty()) {
    if (!trust.unix_peer) {
      return fail(ErrorCode::invalid_input, "the peer is a Unix socket, which is not trusted",
                  "Set identity.trust_unix_peer if only your proxy can connect to it");
    }
  } else {
    const Result<Address> parsed = Address::parse(request.peer);
    if (!parsed) return fail(ErrorCode::invalid_input, "the peer's address is not an IP address");
    if (!is_trusted(*parsed, trust.networks)) return *parsed;
    peer = *parsed;
  }

  std::optional<Address> client;
  if (trust.read_x_forwarded_for) {
    const auto found = walk(HopsFromTheRight(request.headers, "X-Forwarded-For", false),
                            x_forwarded_for_address, peer, trust.networks);
    if (!found) return tl::unexpected(found.error());
    client = *found;
  }
  if (trust.read_forwarded) {
    const auto found = walk(HopsFromTheRight(request.headers, "Forwarded", true), forwarded_address,
                            peer, trust.networks);
    if (!found) return tl::unexpected(found.error());
    if (client && *found && *client != **found) {
      return fail(ErrorCode::invalid_input, "X-Forwarded-For and Forwarded name different clients",
                  "Set identity.proxy_field to the one that your proxies write");
    }
    if (!client) client = *found;
  }
  if (!client) client = peer;
  if (!client) {
    return fail(ErrorCode::invalid_input, "the proxy on the Unix socket does not name the client",
                "Let it append to X-Forwarded-For or Forwarded");
  }
  return *client;
}

Address client_network(const Address& client, const ClientWidth& width) {
  Address address = client;
  if (width.embedded_ipv4) address = embedded_ipv4(client).value_or(client);
  return address.masked(address.is_v4() ? width.ipv4_prefix : width.ipv6_prefix);
}

}  // namespace weir::identity
