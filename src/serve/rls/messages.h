// The messages of envoy.service.ratelimit.v3.RateLimitService and of grpc.health.v1.Health, as far
// as they are used here: read out of protobuf's wire format and written into it.
//
// Field numbers and enumerations are those of Envoy's rls.proto and ratelimit.proto (Apache-2.0),
// https://github.com/envoyproxy/data-plane-api. As protobuf wants it, fields that are unknown, or
// have another wire type, are skipped, and of a scalar that stands twice the last counts.
//
// Thread safety: pure functions on plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "weir/time.h"

namespace weir::serve::rls {

// Of both enumerations that Envoy has for it.
enum class Unit {
  unknown = 0,
  second = 1,
  minute = 2,
  hour = 3,
  day = 4,
  month = 5,
  year = 6,
  week = 7
};

struct Entry {
  std::string_view key;
  std::string_view value;
  friend bool operator==(const Entry&, const Entry&) = default;
};

// A limit that the proxy states, instead of the rule's.
struct LimitOverride {
  std::uint32_t requests_per_unit = 0;
  Unit unit = Unit::unknown;
  friend bool operator==(const LimitOverride&, const LimitOverride&) = default;
};

struct Descriptor {
  std::vector<Entry> entries;
  std::optional<LimitOverride> limit = {};
  std::optional<std::uint64_t> hits_addend = {};
  bool is_negative_hits = false;
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

// Views into the message.
struct Request {
  std::string_view domain;
  std::vector<Descriptor> descriptors;
  std::uint32_t hits_addend = 0;
  friend bool operator==(const Request&, const Request&) = default;
};

// What is no message, or is over a bound (serve/bounds.h), is an Error.
Result<Request> parse_request(std::string_view message);
// For tests: what a client would send.
std::string write_request(const Request& request);

enum class Code { ok = 1, over_limit = 2 };

struct Limit {
  std::string name;
  std::uint32_t requests_per_unit = 0;
  Unit unit = Unit::unknown;
};

struct Status {
  Code code = Code::ok;
  std::optional<Limit> limit = {};
  std::uint32_t remaining = 0;
  std::optional<Duration> until_reset = {};
};

struct Header {
  std::string name;
  std::string value;
};

struct Response {
  Code overall = Code::ok;
  std::vector<Status> statuses;      // one a descriptor
  std::vector<Header> headers = {};  // for the client
  std::string body = {};
};

std::string write_response(const Response& response);

// grpc.health.v1: the service that is asked about; what is said of it.
Result<std::string_view> parse_health_request(std::string_view message);
std::string write_health_response(bool serving);

}  // namespace weir::serve::rls
