// Policy: what weir.yaml says, as plain checked data.
//
// A policy names the store, who counts as one client (identity) and the rules. It is read from YAML
// by policy/read.h, or filled in by code (the Django settings, a test) and then held to check().
// docs/policy.md is the reference of every field. Thread safety: plain values.
//
//   policy::Policy policy;
//   policy.rules.push_back({.id = "per-client", .key = {policy::KeyPart::client_ip},
//                           .limit = {100, std::chrono::minutes(1)}});
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "policy/descriptor.h"
#include "policy/rule.h"
#include "weir/time.h"

namespace weir::policy {

// ---- Where counters live ----

// In this process. Every process counts by itself.
struct MemoryStore {
  friend bool operator==(const MemoryStore&, const MemoryStore&) = default;
};

// In one DynamoDB table, shared by everybody who uses it.
struct DynamoDbStore {
  std::string table;
  std::string region = {};     // empty: from AWS_REGION, AWS_DEFAULT_REGION or the profile
  std::string endpoint = {};   // empty: from AWS_ENDPOINT_URL_DYNAMODB, else AWS's own
  std::string authority = {};  // the region whose copy of a replicated table counts
  Duration budget = std::chrono::milliseconds(250);  // for all of one decision's calls
  bool leases = false;  // busy keys are charged ahead, and admitted without a write each
  friend bool operator==(const DynamoDbStore&, const DynamoDbStore&) = default;
};

// In a file that all processes of this machine share.
struct SharedStore {
  std::string file;                                 // from the root
  std::int64_t max_keys = 131'072;                  // of a file that is made; 1 to kMaxSharedKeys
  Duration budget = std::chrono::milliseconds(50);  // for all of one decision's waits for locks
  friend bool operator==(const SharedStore&, const SharedStore&) = default;
};

using StoreConfig = std::variant<MemoryStore, DynamoDbStore, SharedStore>;

// ---- Who is asking ----

// Which field the trusted proxies write. The other one is then whatever the client sent, and
// ignored.
enum class ProxyField {
  either,  // both are read; if both are there they must name the same client
  x_forwarded_for,
  forwarded,  // RFC 7239
};

enum class Verify {
  none,      // every well-formed key counts by itself
  required,  // only keys that the application knows count by themselves; all others share one
             // counter per client network
};

struct ApiKeyConfig {
  std::string header = "X-API-Key";
  std::string pattern;  // RE2 syntax, must match all of the key; empty: 1 to 128 visible ASCII
                        // characters
  Verify verify = Verify::none;
};

struct IdentityConfig {
  std::vector<Network> trusted_proxies;
  ProxyField proxy_field = ProxyField::either;
  bool trust_unix_peer = false;  // a peer on a Unix socket is a trusted proxy
  int ipv4_prefix = 32;          // how many bits of an address make one client
  int ipv6_prefix = 64;
  bool embedded_ipv4 = false;  // count NAT64, 6to4 and Teredo as the IPv4 address inside them
  ApiKeyConfig api_key;
};

// ---- The whole ----

struct Policy {
  int version = 1;
  std::string name_space = "default";  // applications that share a table must differ in it
  StoreConfig store = MemoryStore{};
  std::string pepper;  // secret bytes; empty: none given
  // default: kDynamoDbClockSkew, kSharedClockSkew or zero, by store
  std::optional<Duration> max_clock_skew = {};
  IdentityConfig identity;
  std::vector<Rule> rules;
  std::vector<DescriptorRule> descriptors;  // what proxies ask about by descriptors
  // Before all rules, also those of code: denied is answered 403; allowed is not counted at all.
  std::vector<Somebody> deny;
  std::vector<Somebody> allow;

  Duration clock_skew() const;
  // Whether nodes hand out admissions of this rule that they have charged ahead.
  bool leases(const Rule& rule) const;
  // How long all store calls of one decision may take together.
  Duration store_budget() const;

  // How far the time that a request is decided with may be from the real time of its admission: the
  // clock's error, and half of what the store may take to answer. Windows are stretched by twice
  // it.
  Duration decision_error() const;
};

inline constexpr Duration kDynamoDbClockSkew = std::chrono::milliseconds(100);
// Processes of one machine read one clock, but each carries it by itself from its start.
inline constexpr Duration kSharedClockSkew = std::chrono::milliseconds(10);

// ---- Bounds on what a policy may say ----

inline constexpr std::size_t kMaxRules = 256;       // of a file; also asked in one decision
inline constexpr std::size_t kMaxCodeRules = 4096;  // that code adds: one a view, perhaps
inline constexpr std::size_t kMaxTrustedProxies = 1024;
inline constexpr std::size_t kMaxPatternLength = 256;
inline constexpr std::size_t kMinPepperLength = 16;
inline constexpr std::size_t kMaxPepperLength = 1024;
inline constexpr Duration kMaxClockSkew = std::chrono::seconds(60);
inline constexpr Duration kMaxStoreBudget = std::chrono::seconds(10);
inline constexpr std::int64_t kMaxSharedKeys = 33'554'432;
inline constexpr std::size_t kMaxPathLength = 1024;

}  // namespace weir::policy
