// Who is asking, through trusted proxies. The input's first line is the peer; each further line is
// one field line, "F:" for Forwarded, anything else for X-Forwarded-For.
#include <string>
#include <vector>

#include "fuzz/target.h"
#include "identity/client_address.h"
#include "identity/forwarding.h"
#include "identity/method.h"

namespace weir::fuzz {
namespace {

constexpr std::size_t kMaxFields = 40;
constexpr std::string_view kXForwardedFor = "X-Forwarded-For";
constexpr std::string_view kForwarded = "Forwarded";

identity::ProxyTrust trust(bool x_forwarded_for, bool forwarded) {
  return {.networks = {*Network::parse("10.0.0.0/8"), *Network::parse("fd00::/8")},
          .unix_peer = true,
          .read_x_forwarded_for = x_forwarded_for,
          .read_forwarded = forwarded};
}

// Whatever a client writes, the proxy that appends its address decides: the last element is it.
void stranger_cannot_speak_for(const Address& client, std::vector<identity::HeaderField> headers) {
  const std::string plain = client.to_string();
  const std::string node = client.is_v4() ? plain : "\"[" + plain + "]:4711\"";
  const auto seen = [&](bool forwarded, const std::string& appended) {
    headers.push_back({forwarded ? kForwarded : kXForwardedFor, appended});
    const auto found = identity::client_address({.peer = "10.1.2.3", .headers = headers},
                                                trust(!forwarded, forwarded));
    WEIR_CHECK(found && *found == client);
    headers.pop_back();
  };
  seen(false, plain);
  seen(true, "for=" + node);
  seen(true, "by=10.1.2.3;for=" + node + ";proto=https");
  // On the client's own line, as proxies join them.
  if (headers.empty()) return;
  const std::string last(headers.back().value);
  headers.pop_back();
  seen(false, last + ", " + plain);
  seen(true, last + ", for=" + node);
}

}  // namespace

void try_input(std::string_view input) {
  const std::string_view peer = take_line(input).value_or("");
  std::vector<identity::HeaderField> headers;
  while (headers.size() < kMaxFields) {
    const auto line = take_line(input);
    if (!line) break;
    const bool forwarded = line->starts_with("F:");
    headers.push_back({forwarded ? kForwarded : kXForwardedFor, line->substr(forwarded ? 2 : 0)});
  }
  for (const bool x_forwarded_for : {false, true}) {
    for (const bool forwarded : {false, true}) {
      const identity::ProxyTrust trusted = trust(x_forwarded_for, forwarded);
      const auto client = identity::client_address({.peer = peer, .headers = headers}, trusted);
      const Result<Address> direct = Address::parse(peer);
      if (direct && !trusted.networks[0].contains(*direct) &&
          !trusted.networks[1].contains(*direct)) {
        WEIR_CHECK(client && *client == *direct);  // it says nothing about itself
      }
      if (!client) WEIR_CHECK(client.error().message.find('\n') == std::string::npos);
    }
  }
  stranger_cannot_speak_for(*Address::parse("203.0.113.9"), headers);
  stranger_cannot_speak_for(*Address::parse("2001:db8::9"), headers);

  const std::string_view method = identity::counted_method(peer);
  WEIR_CHECK(identity::counted_method(method) == method);
}

}  // namespace weir::fuzz
