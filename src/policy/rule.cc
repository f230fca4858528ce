#include "policy/rule.h"

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

constexpr std::array kAlgorithms = {
    std::pair{std::string_view("exact"), Algorithm::exact},
    std::pair{std::string_view("gcra"), Algorithm::gcra},
    std::pair{std::string_view("fixed_window"), Algorithm::fixed_window},
    std::pair{std::string_view("distinct"), Algorithm::distinct},
    std::pair{std::string_view("concurrency"), Algorithm::concurrency},
};

constexpr std::array kCalendarUnits = {
    std::pair{std::string_view("day"), CalendarUnit::day},
    std::pair{std::string_view("week"), CalendarUnit::week},
    std::pair{std::string_view("month"), CalendarUnit::month},
    std::pair{std::string_view("year"), CalendarUnit::year},
};
constexpr std::string_view kConcurrent = " concurrent";

constexpr std::array kStoreFailures = {
    std::pair{std::string_view("local"), OnStoreFailure::local},
    std::pair{std::string_view("leased"), OnStoreFailure::leased},
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

std::string_view to_string(Algorithm algorithm) {
  return name_of(kAlgorithms, algorithm);
}

Result<Algorithm> parse_algorithm(std::string_view text) {
  return value_of(kAlgorithms, text, "an algorithm");
}

std::string_view to_string(OnStoreFailure policy) {
  return name_of(kStoreFailures, policy);
}

Result<OnStoreFailure> parse_on_store_failure(std::string_view text) {
  return value_of(kStoreFailures, text, "a failure policy");
}

std::int64_t burst_of(const Rule& rule) {
  if (rule.burst != 0) return rule.burst;
  return rule.strict ? (rule.limit.count + 1) / 2 : rule.limit.count;
}

Rule overridden(const Rule& rule, const Override& by) {
  Rule other = rule;
  other.limit = by.limit;
  other.calendar = by.calendar;
  other.burst = by.burst;
  other.overrides.clear();
  // A place is held as long as ever.
  if (rule.algorithm == Algorithm::concurrency) other.limit.window = rule.limit.window;
  if (!other.calendar) other.time_zone.clear();
  return other;
}

std::int64_t local_count(const Rule& rule) {
  const auto part =
      static_cast<std::int64_t>(static_cast<double>(rule.limit.count) * rule.local_share);
  return std::clamp<std::int64_t>(part, 1, rule.limit.count);
}

Result<Quota> parse_quota(std::string_view text, Algorithm algorithm) {
  if (algorithm == Algorithm::concurrency) {
    // Its count is read as that of a rate.
    if (text.ends_with(kConcurrent)) {
      const std::string count(text.substr(0, text.size() - kConcurrent.size()));
      if (const Result<Rate> rate = parse_rate(count + "/s")) return Quota{{rate->count, {}}};
    }
    return fail(ErrorCode::invalid_input,
                "'" + std::string(text) + "' does not say how many requests may be in flight",
                "Write COUNT concurrent, for example 20 concurrent");
  }
  const std::size_t slash = text.find('/');
  const std::string_view window =
      slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const auto* unit =
      std::find_if(kCalendarUnits.begin(), kCalendarUnits.end(), [&](const auto& entry) {
        return entry.first == window || (window == "d" && entry.second == CalendarUnit::day);
      });
  if (algorithm != Algorithm::fixed_window || unit == kCalendarUnits.end()) {
    const Result<Rate> rate = parse_rate(text);
    if (!rate) return tl::unexpected(rate.error());
    return Quota{*rate};
  }
  const Result<Rate> rate = parse_rate(std::string(text.substr(0, slash)) + "/d");
  if (!rate) return tl::unexpected(rate.error());
  return Quota{{rate->count, longest(unit->second)}, unit->second};
}

std::string format_quota(const Rule& rule) {
  const std::string count = std::to_string(rule.limit.count);
  if (rule.algorithm == Algorithm::concurrency) return count + std::string(kConcurrent);
  if (rule.calendar) return count + "/" + std::string(name_of(kCalendarUnits, *rule.calendar));
  return format_rate(rule.limit);
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

Status check_cost(std::int64_t cost) {
  if (cost < 1 || cost > kMaxCount) {
    return fail(ErrorCode::invalid_input, "a cost is not from 1 to 10^15",
                "Write how much of the limit one request uses up, for example 5");
  }
  return {};
}

namespace {

Status wrong(std::string message, std::string cure) {
  return fail(ErrorCode::invalid_input, std::move(message), std::move(cure));
}

Status check_gcra(const Rule& rule) {
  const std::int64_t most = rule.strict ? rule.limit.count : kMaxCount;
  const std::int64_t burst = burst_of(rule);
  if (burst < 1 || burst > most) {
    return wrong(rule.strict ? "a strict burst is not from 1 to the limit itself"
                             : "a burst is not from 1 to 10^15",
                 "Write how many may pass at once, or leave burst out");
  }
  if (rule.limit.count > rule.limit.window.count())
    return wrong("gcra counts at most one in a nanosecond", "Use a smaller limit, or exact");
  const std::int64_t in_flow = rule.strict ? rule.limit.count - burst + 1 : rule.limit.count;
  if (burst > kMaxBurstTime.count() / (rule.limit.window.count() / in_flow + 1))
    return wrong("a full burst would take more than 36 years to flow back", "Use a smaller burst");
  return {};
}

Status check_fixed_window(const Rule& rule) {
  if (!rule.time_zone.empty()) {
    if (!rule.calendar) {
      return wrong("only windows of the calendar have a time zone",
                   "Remove time_zone, or limit by day, week, month or year");
    }
    if (const Result<TimeZone> zone = TimeZone::find(rule.time_zone); !zone)
      return tl::unexpected(zone.error());
  }
  if (!rule.calendar && rule.limit.window >= std::chrono::hours(24)) {
    return wrong("a fixed window of a day or more is one of the calendar",
                 "Write COUNT/day, /week, /month or /year");
  }
  return {};
}

Status check_distinct(const Rule& rule) {
  if (!rule.distinct) {
    return wrong("the rule does not say what is counted",
                 "Add distinct: api_key, or another of client_ip, api_key, user and route");
  }
  if (std::find(rule.key.begin(), rule.key.end(), *rule.distinct) != rule.key.end()) {
    return wrong("the rule counts different values of what is the same in all its requests",
                 "Remove " + std::string(to_string(*rule.distinct)) + " from its key");
  }
  if (rule.limit.count > kMaxDistinctValues)
    return wrong("more than 256 different values cannot be counted", "Use a smaller limit");
  return {};
}

Status check_concurrency(const Rule& rule) {
  if (rule.limit.count > kMaxInFlight)
    return wrong("more than 256 requests in flight cannot be counted", "Use a smaller limit");
  return {};
}

}  // namespace

Status check_algorithm(const Rule& rule) {
  const auto only_for = [&](Algorithm algorithm, bool there, const char* field) -> Status {
    if (!there || rule.algorithm == algorithm) return {};
    return wrong("'" + std::string(field) + "' belongs to the algorithm " +
                     std::string(to_string(algorithm)),
                 "Remove it, or set algorithm: " + std::string(to_string(algorithm)));
  };
  for (const Status& status :
       {only_for(Algorithm::gcra, rule.burst != 0, "burst"),
        only_for(Algorithm::gcra, rule.strict, "strict"),
        only_for(Algorithm::fixed_window, !rule.time_zone.empty(), "time_zone"),
        only_for(Algorithm::fixed_window, rule.calendar.has_value(), "calendar"),
        only_for(Algorithm::distinct, rule.distinct.has_value(), "distinct")}) {
    if (!status) return status;
  }
  const bool counts_requests =
      rule.algorithm == Algorithm::distinct || rule.algorithm == Algorithm::concurrency;
  if (counts_requests && rule.cost) {
    return wrong("requests have no cost under " + std::string(to_string(rule.algorithm)),
                 "Remove cost");
  }
  if (rule.cost) {
    if (Status status = check_cost(*rule.cost); !status) return status;
    const bool by_burst = rule.algorithm == Algorithm::gcra;
    if (*rule.cost > (by_burst ? burst_of(rule) : rule.limit.count))
      return wrong("each request costs more than the limit ever lets pass", "Use a smaller cost");
  }
  switch (rule.algorithm) {
    case Algorithm::exact:
      return {};
    case Algorithm::gcra:
      return check_gcra(rule);
    case Algorithm::fixed_window:
      return check_fixed_window(rule);
    case Algorithm::distinct:
      return check_distinct(rule);
    case Algorithm::concurrency:
      return check_concurrency(rule);
  }
  return {};
}

Status check_override(const Rule& rule, const Override& by) {
  static constexpr std::array kParts = {KeyPart::client_ip, KeyPart::api_key, KeyPart::user};
  const KeyPart part = kParts.at(by.who.index());
  if (std::find(rule.key.begin(), rule.key.end(), part) == rule.key.end()) {
    const std::string name(to_string(part));
    return wrong("an override by " + name + " of a rule that does not count by " + name,
                 "Add " + name + " to the key of the rule");
  }
  if (Status status = check_rate(overridden(rule, by).limit); !status) return status;
  return check_algorithm(overridden(rule, by));
}

Status check_override_width(const Rule& rule, const Override& by, int ipv4_prefix,
                            int ipv6_prefix) {
  const auto* network = std::get_if<Network>(&by.who);
  if (network == nullptr) return {};
  const int counted = network->is_v4() ? rule.ipv4_prefix.value_or(ipv4_prefix)
                                       : rule.ipv6_prefix.value_or(ipv6_prefix);
  if (network->prefix() <= counted) return {};
  return wrong("the override for " + network->to_string() + " of rule '" + excerpt(rule.id) +
                   "' is about a part of what counts as one client, a /" + std::to_string(counted),
               "Name the whole network, or count by more bits");
}

Status check_penalty(const Penalty& penalty) {
  if (Status status = check_rate(penalty.refusals); !status) return status;
  if (penalty.wait < std::chrono::milliseconds(1) || penalty.wait > kMaxDuration)
    return wrong("a penalty's wait is not from 1 ms to 366 days", "Write it as 10m or 1h");
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
    if (Status status = check_algorithm(rule); !status) return status;
    if (rule.overrides.size() > kMaxOverrides)
      return fail(ErrorCode::limit_exceeded, "there are more than 256 overrides", "Use fewer");
    for (const Override& by : rule.overrides) {
      if (Status status = check_override(rule, by); !status) return status;
    }
    if (rule.penalty) {
      if (Status status = check_penalty(*rule.penalty); !status) return status;
    }
    return check_local_share(rule.local_share);
  };
  Status status = check();
  if (status) return status;
  return tl::unexpected(Error(status.error()).at("rule '" + excerpt(rule.id) + "'"));
}

}  // namespace weir::policy
