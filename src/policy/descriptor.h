// DescriptorRule: a limit on what a proxy asks about by descriptors (Envoy's RateLimitService): a
// domain, and a list of entries with a key and a value each.
//
// A rule fits a descriptor of its domain that has exactly its entries, in their order. Of all rules
// that fit, those answer that fit most exactly: entry by entry from the first on, a value goes
// before a prefix, a longer prefix before a shorter one, a prefix before any value. Several rules
// with the same entries answer together, and each must have room.
//
// docs/serve.md and docs/policy.md are the reference. Thread safety: plain values, pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/rule.h"

namespace weir::policy {

struct DescriptorEntry {
  enum class Value { any, prefix, exact };

  std::string key;
  Value kind = Value::any;
  std::string value = {};  // without the '*' of a prefix

  // "remote_address", "path=/api/*", "generic_key=login": for people.
  std::string to_string() const;
  friend bool operator==(const DescriptorEntry&, const DescriptorEntry&) = default;
};

enum class Always { admit, refuse };

struct DescriptorRule {
  // How much; without a match and a key of its own.
  Rule rule;
  std::string domain;
  std::vector<DescriptorEntry> entries;
  // Of the entries, those whose values are counted apart, by place. In the order of the entries.
  std::vector<std::size_t> counted_apart;
  std::optional<Always> always = {};       // instead of a limit
  std::vector<std::string> replaces = {};  // rules that are not asked in a request with this one
  friend bool operator==(const DescriptorRule&, const DescriptorRule&) = default;
};

// ---- Bounds on what a rule may say ----

inline constexpr std::size_t kMaxDescriptorRules = 2048;
inline constexpr std::size_t kMaxDescriptorEntries = 16;
inline constexpr std::size_t kMaxDescriptorText = 256;  // a domain, a key, a value
inline constexpr std::size_t kMaxReplaced = 64;

// The value of an entry as a policy spells it: "/api/*" is a prefix.
Result<DescriptorEntry> parse_descriptor_entry(std::string_view key,
                                               std::optional<std::string_view> value);

// What two rules may not both say. An Error names the other one.
Status check_together(const DescriptorRule& rule, const DescriptorRule& other);

}  // namespace weir::policy
