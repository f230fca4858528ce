#include "serve/check_request.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "base/duration.h"
#include "serve/bounds.h"

namespace weir::serve {
namespace {

namespace json = boost::json;

constexpr std::string_view kMembers =
    "client_ip, method, route, headers, user, key_known, cost, cost_is_estimate, request_id, "
    "explain";

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

tl::unexpected<Error> wrong(const std::string& place, std::string_view expected) {
  return fail(ErrorCode::invalid_input, fmt::format("{} is not {}", place, expected));
}

Status take(const json::value& value, const std::string& place, std::string_view& into) {
  const json::string* text = value.if_string();
  if (text == nullptr) return wrong(place, "a string");
  into = view(*text);
  return {};
}

Status take(const json::value& value, const std::string& place, bool& into) {
  const bool* is = value.if_bool();
  if (is == nullptr) return wrong(place, "true or false");
  into = *is;
  return {};
}

}  // namespace

Result<CheckRequests> CheckRequests::parse(std::string_view body, std::string_view peer) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  CheckRequests parsed;
  parsed.document_ = std::make_unique<json::value>(
      json::parse({body.data(), body.size()}, error, json::storage_ptr(), options));
  if (error) {
    return fail(ErrorCode::invalid_input, "the body is not JSON: " + error.message(),
                "Send one object, or {\"requests\": [...]}");
  }
  const json::object* object = parsed.document_->if_object();
  if (object == nullptr) return wrong("the body", "a JSON object");
  const json::value* list = object->if_contains("requests");
  if (list == nullptr) {
    if (Status status = parsed.read(*parsed.document_, "", peer); !status)
      return tl::unexpected(status.error());
    return parsed;
  }
  parsed.is_batch_ = true;
  if (object->size() != 1) return wrong("a body with \"requests\"", "without other members");
  if (!list->is_array() || list->get_array().empty() || list->get_array().size() > kMaxBatch)
    return wrong("requests", fmt::format("a list of 1 to {} objects", kMaxBatch));
  std::size_t index = 0;
  for (const json::value& one : list->get_array()) {
    if (Status status = parsed.read(one, fmt::format("requests[{}].", index++), peer); !status)
      return tl::unexpected(status.error());
  }
  return parsed;
}

Status CheckRequests::read(const json::value& value, const std::string& place,
                           std::string_view peer) {
  const json::object* object = value.if_object();
  if (object == nullptr) return wrong(place.substr(0, place.find('.')), "an object");
  CheckRequest& check = requests_.emplace_back();
  identity::Request& request = check.request;
  request.peer = peer;
  request.method = "GET";
  for (const auto& [name, member] : *object) {
    const std::string at = place + std::string(name);
    Status status;
    if (name == "client_ip") {
      status = take(member, at, request.peer);
    } else if (name == "method") {
      status = take(member, at, request.method);
    } else if (name == "route") {
      status = take(member, at, request.route);
    } else if (name == "request_id") {
      status = take(member, at, request.request_id);
    } else if (name == "user") {
      if (!member.is_null()) status = take(member, at, request.user.emplace());
    } else if (name == "headers") {
      status = read_headers(member, at, request);
    } else if (name == "key_known") {
      bool known = false;
      status = take(member, at, known);
      request.key_standing = known ? identity::KeyStanding::known : identity::KeyStanding::unknown;
    } else if (name == "cost") {
      const std::int64_t* cost = member.if_int64();
      if (cost == nullptr || *cost < 1 || *cost > kMaxCount)
        return wrong(at, fmt::format("a whole number from 1 to {}", kMaxCount));
      request.cost = *cost;
    } else if (name == "cost_is_estimate") {
      status = take(member, at, request.cost_is_estimate);
    } else if (name == "explain") {
      status = take(member, at, check.explain);
    } else {
      return fail(ErrorCode::invalid_input, fmt::format("{} is not known", at.substr(0, 80)),
                  fmt::format("A request may have {}", kMembers));
    }
    if (!status) return status;
  }
  return {};
}

Status CheckRequests::read_headers(const json::value& value, const std::string& place,
                                   identity::Request& request) {
  const json::object* object = value.if_object();
  if (object == nullptr) return wrong(place, "an object of strings, or of lists of them");
  std::vector<identity::HeaderField>& fields = headers_.emplace_back();
  const auto add = [&](std::string_view name, const json::value& text) {
    if (!text.is_string() || fields.size() == kMaxHeaderFields) return false;
    fields.push_back({name, view(text.get_string())});
    return true;
  };
  for (const auto& [key, member] : *object) {
    const std::string_view name{key.data(), key.size()};
    const json::array* list = member.if_array();
    bool good = true;
    if (list == nullptr) {
      good = add(name, member);
    } else {
      for (const json::value& text : *list) good = good && add(name, text);
    }
    if (!good) {
      return wrong(
          fmt::format("{}.{}", place, name.substr(0, 64)),
          fmt::format("a string or a list of them, {} fields in all at most", kMaxHeaderFields));
    }
  }
  request.headers = fields;
  return {};
}

}  // namespace weir::serve
