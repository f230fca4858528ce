// Addresses and networks, as policies and forwarding fields carry them.
#include "base/address.h"

#include "fuzz/target.h"
#include "identity/client_address.h"

void weir::fuzz::try_input(std::string_view input) {
  if (const Result<Address> address = Address::parse(input)) {
    const Result<Address> again = Address::parse(address->to_string());
    WEIR_CHECK(again && *again == *address && again->to_string() == address->to_string());
    for (int prefix = 0; prefix <= address->bits(); ++prefix) {
      const Address masked = address->masked(prefix);
      WEIR_CHECK(masked.masked(prefix) == masked && masked.is_v4() == address->is_v4());
    }
    for (const bool embedded : {false, true}) {
      const identity::ClientWidth width{.embedded_ipv4 = embedded};
      const Address client = identity::client_network(*address, width);
      // Not once more with `embedded`: 64:ff9b::1:0:0 is no IPv4 address, but its /64 begins like
      // one.
      WEIR_CHECK(identity::client_network(client, {.embedded_ipv4 = false}) == client);
    }
  } else {
    WEIR_CHECK(!address.error().message.empty());
  }
  if (const Result<Network> network = Network::parse(input)) {
    const std::string text = network->to_string();
    const Result<Network> again = Network::parse(text);
    WEIR_CHECK(again && again->to_string() == text);
    const Result<Address> base = Address::parse(text.substr(0, text.find('/')));
    WEIR_CHECK(base && network->contains(*base));
  }
}
