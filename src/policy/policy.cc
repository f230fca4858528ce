#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/nearest.h"

namespace weir::policy {
namespace {

constexpr std::array kKeyParts = {
    std::pair{std::string_view("client_ip"), KeyPart::client_ip},
    std::pair{std::string_view("api_key"), KeyPart::api_key},
    std::pair{std::string_view("user"), KeyPart::user},
    std::pair{std::string_view("route"), KeyPart::route},
};

constexpr std::array kStoreFailures = {
    std::pair{std::string_view("local"), OnStoreFailure::local},
    std::pair{std::string_view("deny"), OnStoreFailure::deny},
    std::pair{std::string_view("allow"), OnStoreFailure::allow},
};

template <class Table, class Value>
std::string_view name_of(const Table& table, Value value) {
  return std::find_if(table.begin(), table.end(),
                      [&](const auto& entry) { return entry.second == value; })
      ->first;
}

template <class Table>
auto value_of(const Table& table, std::string_view text, std::string_view what)
    -> Result<typename Table::value_type::second_type> {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : table) {
    if (name == text) return value;
    names.push_back(name);
  }
  return fail(ErrorCode::invalid_input, "'" + excerpt(text) + "' is not " + std::string(what),
              suggest(text, names));
}

}  // namespace

std::string_view to_string(KeyPart part) {
  return name_of(kKeyParts, part);
}

Result<KeyPart> parse_key_part(std::string_view text) {
  return value_of(kKeyParts, text, "something to count by");
}

std::string_view to_string(OnStoreFailure policy) {
  return name_of(kStoreFailures, policy);
}

Result<OnStoreFailure> parse_on_store_failure(std::string_view text) {
  return value_of(kStoreFailures, text, "a failure policy");
}

Duration Policy::clock_skew() const {
  if (max_clock_skew) return *max_clock_skew;
  return std::holds_alternative<MemoryStore>(store) ? Duration::zero() : kDynamoDbClockSkew;
}

Duration Policy::decision_error() const {
  const auto* shared = std::get_if<DynamoDbStore>(&store);
  return clock_skew() + (shared == nullptr ? Duration::zero() : shared->budget / 2);
}

std::int64_t local_count(const Rule& rule) {
  const auto part =
      static_cast<std::int64_t>(static_cast<double>(rule.limit.count) * rule.local_share);
  return std::clamp<std::int64_t>(part, 1, rule.limit.count);
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kMaxNameLength &&
         std::all_of(text.begin(), text.end(), fits);
}

Status check_method(std::string_view method) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (method.empty() || method.size() > kMaxMethodLength ||
      !std::all_of(method.begin(), method.end(), is_upper)) {
    return fail(ErrorCode::invalid_input, "'" + excerpt(method) + "' is not an HTTP method",
                "Write it in capitals, for example GET or POST");
  }
  return {};
}

Status check_route(std::string_view route) {
  const auto refuse = [&](std::string_view why, std::string_view cure) {
    return fail(ErrorCode::invalid_input, "the route '" + excerpt(route) + "' " + std::string(why),
                std::string(cure));
  };
  if (route.empty() || route.size() > kMaxRouteLength)
    return refuse("is empty or longer than 256 characters", "Write a route template");
  if (route.find('*') < route.size() - 1) {
    return refuse("has a '*' that is not at its end",
                  "Write an exact route template, or a prefix and one '*' at its end");
  }
  return {};
}

Status check_rate(const Rate& rate) {
  if (rate.count < 1 || rate.count > kMaxCount || rate.window < std::chrono::milliseconds(1) ||
      rate.window > kMaxDuration) {
    return fail(ErrorCode::invalid_input,
                "a limit is not from 1 to 10^15 in a window from 1 ms to 366 days",
                "Write COUNT/WINDOW, for example 100/m, 5/10s or 1000/h");
  }
  return {};
}

Status check_prefix(int prefix, int bits) {
  if (prefix < 1 || prefix > bits) {
    return fail(
        ErrorCode::invalid_input,
        "a prefix of " + std::to_string(prefix) + " bits is not from 1 to " + std::to_string(bits),
        "Use a wider rule without client_ip if everybody is to be counted together");
  }
  return {};
}

Status check_local_share(double share) {
  if (!(share > 0.0 && share <= 1.0)) {
    return fail(ErrorCode::invalid_input, "local_share is not above 0 and at most 1",
                "Write the part of the limit that one process may admit alone, for example 0.1");
  }
  return {};
}

Status check_rule(const Rule& rule) {
  const auto check = [&]() -> Status {
    if (!is_name(rule.id)) {
      return fail(ErrorCode::invalid_input, "the id is not a name",
                  "Use 1 to 64 characters from a-z, 0-9, '_' and '-'");
    }
    if (rule.match.methods.size() > kMaxMatchEntries ||
        rule.match.routes.size() > kMaxMatchEntries) {
      return fail(ErrorCode::limit_exceeded, "more than 64 methods or routes to match",
                  "Split the rule, or match a prefix with '*'");
    }
    for (const std::string& method : rule.match.methods) {
      if (Status status = check_method(method); !status) return status;
    }
    for (const std::string& route : rule.match.routes) {
      if (Status status = check_route(route); !status) return status;
    }
    for (auto part = rule.key.begin(); part != rule.key.end(); ++part) {
      if (std::find(rule.key.begin(), part, *part) != part) {
        return fail(ErrorCode::invalid_input,
                    "the key names " + std::string(to_string(*part)) + " twice", "Name it once");
      }
    }
    if (rule.ipv4_prefix) {
      if (Status status = check_prefix(*rule.ipv4_prefix, 32); !status) return status;
    }
    if (rule.ipv6_prefix) {
      if (Status status = check_prefix(*rule.ipv6_prefix, 128); !status) return status;
    }
    if (Status status = check_rate(rule.limit); !status) return status;
    return check_local_share(rule.local_share);
  };
  Status status = check();
  if (status) return status;
  return tl::unexpected(Error(status.error()).at("rule '" + excerpt(rule.id) + "'"));
}

}  // namespace weir::policy
