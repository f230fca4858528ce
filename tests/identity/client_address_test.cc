#include "identity/client_address.h"

#include <gtest/gtest.h>

#include <random>

#include "identity/bounds.h"
#include "identity/embedded_ipv4.h"

namespace weir::identity {
namespace {

constexpr std::string_view kMalformed = "malformed";

ProxyTrust trust_of(std::initializer_list<const char*> networks) {
  ProxyTrust trust;
  for (const char* network : networks) trust.networks.push_back(*Network::parse(network));
  return trust;
}

std::string client(std::string_view peer, std::vector<HeaderField> headers,
                   const ProxyTrust& trust) {
  const Request request{.peer = peer, .headers = headers, .method = "GET", .route = "/"};
  const Result<Address> address = client_address(request, trust);
  return address ? address->to_string() : std::string(kMalformed);
}

struct Walk {
  const char* shows;
  const char* peer;
  std::vector<HeaderField> headers;
  std::string_view client;
};

// One row a way in which an attacker, or a proxy, can spell who is asking. Proxies: 10.0.0.0/8 and
// 2001:db8:ffff::/48. The attacker is 203.0.113.7 and would like to be 6.6.6.6.
const Walk kWalks[] = {
    {"a direct client is its socket's peer", "203.0.113.7", {}, "203.0.113.7"},
    {"an untrusted peer's X-Forwarded-For is not read",
     "203.0.113.7",
     {{"X-Forwarded-For", "6.6.6.6"}},
     "203.0.113.7"},
    {"an untrusted peer's garbage does it no harm",
     "203.0.113.7",
     {{"X-Forwarded-For", "\x01\xff%%%"}, {"Forwarded", "for=\""}},
     "203.0.113.7"},
    {"a trusted peer names its client",
     "10.0.0.1",
     {{"X-Forwarded-For", "203.0.113.7"}},
     "203.0.113.7"},
    {"what the client put on the left is not believed",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, 203.0.113.7"}},
     "203.0.113.7"},
    {"a client that claims to be a proxy is still the client",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, 10.0.0.9, 203.0.113.7"}},
     "203.0.113.7"},
    {"trusted hops on the right are walked over",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, 203.0.113.7, 10.0.0.2, 2001:db8:ffff::2"}},
     "203.0.113.7"},
    {"garbage left of the client is not read",
     "10.0.0.1",
     {{"X-Forwarded-For", "<script>, 203.0.113.7"}},
     "203.0.113.7"},
    {"field lines are joined in their order",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6"}, {"Accept", "*/*"}, {"x-forwarded-FOR", "203.0.113.7"}},
     "203.0.113.7"},
    {"an entry that a proxy wrote and that is no address is malformed",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, not-an-address"}},
     kMalformed},
    {"so is one behind another proxy",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, bogus, 10.0.0.2"}},
     kMalformed},
    {"a zone id is refused", "10.0.0.1", {{"X-Forwarded-For", "fe80::1%eth0"}}, kMalformed},
    {"a proxy alone is itself a client", "10.0.0.1", {}, "10.0.0.1"},
    {"an empty field is no field", "10.0.0.1", {{"X-Forwarded-For", " , ,"}}, "10.0.0.1"},
    {"if every hop is trusted, the farthest is the client",
     "10.0.0.1",
     {{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}},
     "10.0.0.3"},
    {"a port is not part of an address",
     "10.0.0.1",
     {{"X-Forwarded-For", "203.0.113.7:4711"}},
     "203.0.113.7"},
    {"nor are brackets", "10.0.0.1", {{"X-Forwarded-For", "[2001:db8::7]:4711"}}, "2001:db8::7"},
    {"a bad port is malformed", "10.0.0.1", {{"X-Forwarded-For", "203.0.113.7:x"}}, kMalformed},
    {"a proxy that does not know its client stands for it",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, unknown"}},
     "10.0.0.1"},
    {"even in the middle",
     "10.0.0.1",
     {{"X-Forwarded-For", "6.6.6.6, unknown, 10.0.0.2"}},
     "10.0.0.2"},
    {"an IPv4-mapped client is that IPv4 client",
     "10.0.0.1",
     {{"X-Forwarded-For", "::ffff:203.0.113.7"}},
     "203.0.113.7"},
    {"an IPv4-mapped proxy is that proxy",
     "::ffff:10.0.0.1",
     {{"X-Forwarded-For", "203.0.113.7"}},
     "203.0.113.7"},
    {"a hexadecimal spelling of a mapped address is the same address",
     "10.0.0.1",
     {{"X-Forwarded-For", "::ffff:cb00:7107"}},
     "203.0.113.7"},
    {"leading zeros are no IPv4", "10.0.0.1", {{"X-Forwarded-For", "203.0.113.007"}}, kMalformed},
    {"Forwarded is read as well",
     "10.0.0.1",
     {{"Forwarded", "for=6.6.6.6, for=203.0.113.7;proto=https"}},
     "203.0.113.7"},
    {"with brackets, quotes and ports",
     "10.0.0.1",
     {{"Forwarded", "For=\"[2001:db8::7]:47011\";by=10.0.0.1"}},
     "2001:db8::7"},
    {"a quote that the client left open does not swallow the proxy's word",
     "10.0.0.1",
     {{"Forwarded", "for=6.6.6.6;by=\", for=\"[2001:db8::7]\""}},
     "2001:db8::7"},
    {"an escaped quote does not either",
     "10.0.0.1",
     {{"Forwarded", "for=\"\\\", for=203.0.113.7;host=\"a\\\"b,for=6.6.6.6\""}},
     "203.0.113.7"},
    {"an obfuscated node hides behind its proxy",
     "10.0.0.1",
     {{"Forwarded", "for=6.6.6.6, for=_hidden"}},
     "10.0.0.1"},
    {"so does an element that names nobody",
     "10.0.0.1",
     {{"Forwarded", "for=6.6.6.6, proto=https"}},
     "10.0.0.1"},
    {"two 'for' in one element are malformed",
     "10.0.0.1",
     {{"Forwarded", "for=203.0.113.7;for=6.6.6.6"}},
     kMalformed},
    {"both fields may name the same client",
     "10.0.0.1",
     {{"X-Forwarded-For", "203.0.113.7"}, {"Forwarded", "for=203.0.113.7"}},
     "203.0.113.7"},
    {"but not different ones: one of them is the client's own",
     "10.0.0.1",
     {{"X-Forwarded-For", "203.0.113.7"}, {"Forwarded", "for=6.6.6.6"}},
     kMalformed},
    {"a peer that is no address is malformed", "localhost", {}, kMalformed},
    {"a Unix socket is not trusted by itself",
     "",
     {{"X-Forwarded-For", "203.0.113.7"}},
     kMalformed},
};

TEST(ClientAddress, WalksFromThePeerToTheFirstAddressThatIsNotTrusted) {
  const ProxyTrust trust = trust_of({"10.0.0.0/8", "2001:db8:ffff::/48"});
  for (const Walk& walk : kWalks) {
    EXPECT_EQ(client(walk.peer, walk.headers, trust), walk.client) << walk.shows;
  }
}

TEST(ClientAddress, ReadsOnlyTheFieldThatThePolicyNames) {
  ProxyTrust trust = trust_of({"10.0.0.0/8"});
  const std::vector<HeaderField> both = {{"X-Forwarded-For", "203.0.113.7"},
                                         {"Forwarded", "for=6.6.6.6"}};
  trust.read_forwarded = false;
  EXPECT_EQ(client("10.0.0.1", both, trust), "203.0.113.7");
  trust.read_forwarded = true;
  trust.read_x_forwarded_for = false;
  EXPECT_EQ(client("10.0.0.1", both, trust), "6.6.6.6");
}

TEST(ClientAddress, ATrustedUnixSocketMustNameTheClient) {
  ProxyTrust trust = trust_of({"10.0.0.0/8"});
  trust.unix_peer = true;
  EXPECT_EQ(client("", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.7"}}, trust), "203.0.113.7");
  EXPECT_EQ(client("", {{"X-Forwarded-For", "203.0.113.7, 10.0.0.2"}}, trust), "203.0.113.7");
  EXPECT_EQ(client("", {}, trust), kMalformed);
  EXPECT_EQ(client("", {{"X-Forwarded-For", "unknown"}}, trust), kMalformed);
}

TEST(ClientAddress, HopsAndLengthsAreBoundedAtTheLimitAndOnePastIt) {
  const ProxyTrust trust = trust_of({"10.0.0.0/8"});
  std::string hops = "203.0.113.7";
  for (std::size_t i = 1; i < kMaxHops; ++i) hops += ",10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", hops}}, trust), "203.0.113.7");
  hops += ",10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", hops}}, trust), kMalformed);

  const std::string address = "203.0.113.7";
  const std::string padded = std::string(kMaxHopLength - address.size(), ' ') + address;
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", padded}}, trust), address);
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", " " + padded}}, trust), kMalformed);
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6," + padded}}, trust), address);
}

TEST(ClientAddress, WhatTheClientSendsOnTheLeftCostsNothing) {
  const ProxyTrust trust = trust_of({"10.0.0.0/8"});
  const std::string flood(1'000'000, ',');
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", flood + "203.0.113.7"}}, trust), "203.0.113.7");
}

TEST(ClientAddress, ErrorsNeverQuoteWhatWasSent) {
  const ProxyTrust trust = trust_of({"10.0.0.0/8"});
  for (const char* secret : {"secret-token", "[secret]", "secret:80", "\"secret", "for=secret"}) {
    for (const char* field : {"X-Forwarded-For", "Forwarded"}) {
      const std::vector<HeaderField> headers = {{field, secret}};
      const Result<Address> address =
          client_address({.peer = "10.0.0.1", .headers = headers}, trust);
      if (address) continue;  // one field's grammar may know what the other's does not
      EXPECT_EQ(address.error().to_string().find("secret"), std::string::npos) << secret;
    }
  }
}

// Bounded: random bytes, rich in the characters that separate and quote.
TEST(ClientAddress, RandomBytesNeverDoMoreThanBeMalformed) {
  const ProxyTrust trust = trust_of({"10.0.0.0/8", "::/0"});
  const std::string_view alphabet = "\",;=\\[]:. 0123456789abf_for\x01\xff";
  std::mt19937 random(20261123);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 60, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    const std::vector<HeaderField> headers = {
        {round % 2 == 0 ? "Forwarded" : "X-Forwarded-For", text}};
    client("10.0.0.1", headers, trust);
  }
}

TEST(ClientNetwork, CutsAddressesToTheWidthOfAClient) {
  const auto network = [](const char* address, ClientWidth width) {
    return client_network(*Address::parse(address), width).to_string();
  };
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6", {}), "2001:db8:1:2::");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6", {.ipv6_prefix = 48}), "2001:db8:1::");
  EXPECT_EQ(network("203.0.113.7", {}), "203.0.113.7");
  EXPECT_EQ(network("203.0.113.7", {.ipv4_prefix = 24}), "203.0.113.0");
  EXPECT_EQ(network("::ffff:203.0.113.7", {.ipv4_prefix = 24}), "203.0.113.0");
  EXPECT_EQ(network("64:ff9b::203.0.113.7", {}), "64:ff9b::");
  EXPECT_EQ(network("64:ff9b::203.0.113.7", {.embedded_ipv4 = true}), "203.0.113.7");
}

TEST(EmbeddedIpv4, IsFoundInNat64SixToFourAndTeredo) {
  const auto embedded = [](const char* address) -> std::string {
    const auto found = embedded_ipv4(*Address::parse(address));
    return found ? found->to_string() : "none";
  };
  EXPECT_EQ(embedded("64:ff9b::192.0.2.33"), "192.0.2.33");  // RFC 6052, section 2.4
  EXPECT_EQ(embedded("2002:c000:0204::1"), "192.0.2.4");     // RFC 3056
  EXPECT_EQ(embedded("2001:0:4136:e378:8000:63bf:3fff:fdd2"), "192.0.2.45");  // RFC 4380, section 4
  EXPECT_EQ(embedded("64:ff9b:1::192.0.2.33"), "none");
  EXPECT_EQ(embedded("64:ff9b::1:0:0"), "none");
  EXPECT_EQ(embedded("2001:1::1"), "none");
  EXPECT_EQ(embedded("2001:db8::1"), "none");
  EXPECT_EQ(embedded("192.0.2.1"), "none");
}

}  // namespace
}  // namespace weir::identity
