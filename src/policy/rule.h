// Rule: one limit of a policy, as plain checked data: which requests it is about, what it counts
// apart, how much it lets pass, and how.
//
// docs/policy.md is the reference of every field. Thread safety: plain values.
//
//   policy::Rule rule{.id = "per-client", .key = {policy::KeyPart::client_ip},
//                     .limit = {100, std::chrono::minutes(1)}};
//   Status status = policy::check_rule(rule);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/duration.h"
#include "base/result.h"
#include "policy/somebody.h"
#include "weir/time.h"

namespace weir::policy {

// What a rule counts by. A rule with no part counts everybody together.
enum class KeyPart { client_ip, api_key, user, route };

std::string_view to_string(KeyPart part);
Result<KeyPart> parse_key_part(std::string_view text);

// How a rule counts. Each one's promise and proof stand in the header of limit/ of the same name.
enum class Algorithm {
  exact,         // never more than N in any W
  gcra,          // a token bucket: N in W on average, a burst at once
  fixed_window,  // N in each window of the clock or the calendar; up to 2N across an edge
  distinct,      // at most M different values of one identity under another in any W
  concurrency,   // at most M requests in flight
};

std::string_view to_string(Algorithm algorithm);
Result<Algorithm> parse_algorithm(std::string_view text);

// What to do when the store cannot decide.
enum class OnStoreFailure {
  local,   // this process alone admits `local_share` of the limit
  leased,  // only what this node has paid for in advance; then 503
  deny,    // 503
  allow,   // admit
};

std::string_view to_string(OnStoreFailure policy);
Result<OnStoreFailure> parse_on_store_failure(std::string_view text);

// Which requests a rule is about. Empty lists match everything.
struct Match {
  std::vector<std::string> methods;  // "GET" also matches HEAD
  std::vector<std::string> routes;   // route templates as the framework spells them: exact, or a
                                     // prefix with one '*' at its end
  friend bool operator==(const Match&, const Match&) = default;
};

// Another limit for somebody whom the rule counts by itself.
struct Override {
  Somebody who;
  Rate limit = {};
  std::optional<CalendarUnit> calendar = {};
  std::int64_t burst = 0;
  int line = 0;
  int column = 0;
  friend bool operator==(const Override&, const Override&) = default;
};

// Who is refused more than `refusals` allow is refused everything for `wait`.
struct Penalty {
  Rate refusals = {};
  Duration wait{};
  friend bool operator==(const Penalty&, const Penalty&) = default;
};

struct Rule {
  std::string id;  // [a-z0-9_-]{1,64}: stands in headers, logs and problem documents
  Match match = {};
  std::vector<KeyPart> key = {};
  std::optional<int> ipv4_prefix = {};  // instead of the identity's, for this rule
  std::optional<int> ipv6_prefix = {};
  // concurrency: so many at once, each held for `window` at most.
  // fixed_window with a calendar unit: `window` is the longest that the unit can be.
  Rate limit = {};
  Algorithm algorithm = Algorithm::exact;
  std::int64_t burst = 0;                     // gcra: how many at once; 0: as burst_of() says
  bool strict = false;                        // gcra: never more than N in any W, burst included
  std::optional<CalendarUnit> calendar = {};  // fixed_window: nothing: multiples of the window
  std::string time_zone = {};                 // of the calendar unit; empty: UTC
  std::optional<KeyPart> distinct = {};       // distinct: whose values are counted
  std::optional<std::int64_t> cost = {};  // of each request; nothing: what the caller says, or 1
  std::vector<Override> overrides = {};   // the first that fits counts
  bool shadow = false;                    // decides and counts, and never refuses
  std::optional<Penalty> penalty = {};
  bool log_keys = false;  // decision records may hold the key in clear
  OnStoreFailure on_store_failure = OnStoreFailure::local;
  double local_share = 0.1;  // of the limit, at least 1 admission; above 0, at most 1
  int line = 0;              // in the policy file; 0: the rule comes from code
  friend bool operator==(const Rule&, const Rule&) = default;
};

// gcra: how much may pass at once. Unless the rule says so: all of N, or half of it (rounded up)
// under `strict`, where burst and flow share N.
std::int64_t burst_of(const Rule& rule);

// The rule as it is for somebody whom an override names.
Rule overridden(const Rule& rule, const Override& by);

// What `local_share` of a rule's limit comes to: rounded down, at least 1.
std::int64_t local_count(const Rule& rule);

// ---- The text of a limit, as it stands in a policy ----

struct Quota {
  Rate rate;
  std::optional<CalendarUnit> calendar = {};
};

// exact, gcra, distinct: "100/m", "5/10s". fixed_window: "100/m", or a calendar unit: "10000/day",
// "/week", "/month", "/year". concurrency: "20 concurrent"; its rate has no window.
Result<Quota> parse_quota(std::string_view text, Algorithm algorithm);

// The same text, for people: "100/m", "10000/month", "20 concurrent".
std::string format_quota(const Rule& rule);

// ---- Bounds on what a rule may say ----

inline constexpr std::size_t kMaxNameLength = 64;
inline constexpr std::size_t kMaxMatchEntries = 64;
inline constexpr std::size_t kMaxMethodLength = 16;
inline constexpr std::size_t kMaxRouteLength = 256;
inline constexpr std::int64_t kMaxDistinctValues = 256;
inline constexpr std::int64_t kMaxInFlight = 256;
// gcra: how long a full burst may take to flow back.
inline constexpr Duration kMaxBurstTime = Duration(INT64_MAX / 8);  // 36 years

// A rule or namespace name: [a-z0-9_-]{1,64}.
bool is_name(std::string_view text);

// The bounds above, for one value each and for a whole rule. A rule that code makes goes through
// check_rule(); the reader of files asks for each value, to say where in the file it is.
Status check_method(std::string_view method);
Status check_route(std::string_view route);
Status check_rate(const Rate& rate);
Status check_prefix(int prefix, int bits);
Status check_local_share(double share);
Status check_cost(std::int64_t cost);
// An override names somebody whom the rule counts apart: else requests of one counter would have
// different limits.
Status check_override(const Rule& rule, const Override& by);
// The same for addresses, once it is known how many bits make one client.
Status check_override_width(const Rule& rule, const Override& by, int ipv4_prefix, int ipv6_prefix);
Status check_penalty(const Penalty& penalty);
// The fields that belong to algorithms: none that means nothing to the rule's, and each that its
// algorithm needs.
Status check_algorithm(const Rule& rule);
Status check_rule(const Rule& rule);

}  // namespace weir::policy
