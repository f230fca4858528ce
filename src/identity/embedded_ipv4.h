// The IPv4 address that an IPv6 address of a transition mechanism carries.
//
// Without it, all IPv4 clients behind one NAT64 share one /64 and so one counter, and one 6to4 host
// owns 65,536 of them. IPv4-mapped addresses never get here: weir::Address already reads them as
// IPv4.
//
// Thread safety: pure function.
#pragma once

#include <optional>

#include "base/address.h"

namespace weir::identity {

// NAT64 64:ff9b::/96 (RFC 6052), 6to4 2002::/16 (RFC 3056), Teredo 2001::/32 (RFC 4380: the
// client's address with every bit inverted). nullopt for every other address.
std::optional<Address> embedded_ipv4(const Address& address);

}  // namespace weir::identity
