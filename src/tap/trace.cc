#include "tap/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "tap/expression_json.h"

namespace weir::tap {
namespace {

namespace json = boost::json;
using Kind = Access::Kind;
using std::chrono::microseconds;

constexpr std::string_view kVersion = "weir-tap/1";
// A chain of as many operators as an expression may have, each two levels of JSON.
constexpr std::size_t kMaxDepth = 2 * kMaxOperators + 32;

constexpr std::size_t kMaxNameBytes = 256;
constexpr std::int64_t kMostMicros =
    3'000'000'000'000'000;  // the year 2065; three of them fit in a Time

std::int64_t micros(Duration duration) {
  return std::chrono::duration_cast<microseconds>(duration).count();
}

// What came as a header's bytes rather than as JSON's text.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kMaxNameBytes));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

json::object item_json(const Item& item) {
  json::object out;
  for (const auto& [name, value] : item) out[name] = {{value.type, value.text}};
  return out;
}

json::object access_json(const Access& access) {
  json::object out{{"kind", to_string(access.kind)}, {"table", access.table}};
  if (!access.index.empty()) out["index"] = access.index;
  if (access.consistent) out["consistent"] = true;
  if (access.unread) out["unread"] = true;
  if (access.found) out["found"] = true;
  if (!access.returns.empty()) out["returns"] = access.returns;
  if (access.condition) out["condition"] = to_json(*access.condition);
  if (access.update) out["update"] = to_json(*access.update);
  for (const auto& [name, item] :
       {std::pair("key", &access.key), std::pair("item", &access.item),
        std::pair("values", &access.values), std::pair("seen", &access.seen)}) {
    if (!item->empty()) out[name] = item_json(*item);
  }
  return out;
}

// -- and back

std::string text_of(const json::object& object, const char* name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

// From 0 to kMostMicros, so that times can be added up.
std::int64_t number_of(const json::object& object, const char* name) {
  const json::value* found = object.if_contains(name);
  json::error_code error;
  const auto number = found == nullptr ? 0 : found->to_number<std::int64_t>(error);
  return error ? 0 : std::clamp(number, std::int64_t{0}, kMostMicros);
}

bool is_true(const json::object& object, const char* name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

Item read_item(const json::object& access, const char* name) {
  Item item;
  const json::value* found = access.if_contains(name);
  const json::object* object = found == nullptr ? nullptr : found->if_object();
  if (object == nullptr) return item;
  for (const auto& [attribute, typed] : *object) {
    const json::object* pair = typed.if_object();
    if (pair == nullptr || pair->size() != 1 || !pair->begin()->value().is_string()) continue;
    item.emplace(std::string(attribute), Value{std::string(pair->begin()->key()),
                                               std::string(pair->begin()->value().get_string())});
  }
  return item;
}

std::optional<Kind> kind_of(std::string_view word) {
  for (const Kind kind :
       {Kind::get, Kind::query, Kind::scan, Kind::put, Kind::update, Kind::remove, Kind::check}) {
    if (word == to_string(kind)) return kind;
  }
  return std::nullopt;
}

Result<Access> read_access(const json::value& value) {
  const auto wrong = [](const char* what) {
    return fail(ErrorCode::invalid_input, fmt::format("an access has no {} that is one", what));
  };
  const json::object* object = value.if_object();
  if (object == nullptr) return wrong("fields");
  const auto kind = kind_of(text_of(*object, "kind"));
  if (!kind) return wrong("kind");
  Access access{.kind = *kind};
  access.table = text_of(*object, "table");
  access.index = text_of(*object, "index");
  access.returns = text_of(*object, "returns");
  access.consistent = is_true(*object, "consistent");
  access.unread = is_true(*object, "unread");
  access.found = is_true(*object, "found");
  access.key = read_item(*object, "key");
  access.item = read_item(*object, "item");
  access.values = read_item(*object, "values");
  access.seen = read_item(*object, "seen");
  if (const json::value* condition = object->if_contains("condition"); condition != nullptr) {
    access.condition = expression_from(*condition);
    if (!access.condition) return wrong("condition");
  }
  if (const json::value* update = object->if_contains("update"); update != nullptr) {
    access.update = update_from(*update);
    if (!access.update) return wrong("update");
  }
  return access;
}

Result<json::object> read_object(std::string_view line) {
  if (line.size() > kMaxLineBytes) {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the line is longer than {} bytes", kMaxLineBytes));
  }
  json::error_code error;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::value value = json::parse({line.data(), line.size()}, error, {}, options);
  if (error || !value.is_object())
    return fail(ErrorCode::invalid_input, "the line is no JSON object");
  return std::move(value.as_object());
}

Result<Operation> read_operation_line(std::string_view line, const TraceHead& head) {
  const Result<json::object> object = read_object(line);
  if (!object) return tl::unexpected(object.error());
  Operation operation;
  operation.name = text_of(*object, "op");
  operation.at = head.started + microseconds(number_of(*object, "at_us"));
  operation.took = microseconds(number_of(*object, "took_us"));
  operation.connection = static_cast<std::uint64_t>(number_of(*object, "connection"));
  operation.status = static_cast<int>(number_of(*object, "status"));
  operation.error = text_of(*object, "error");
  operation.fault = text_of(*object, "fault");
  operation.invocation = text_of(*object, "invocation");
  operation.attempt = std::max(1, static_cast<int>(number_of(*object, "attempt")));
  if (const json::value* capacity = object->if_contains("capacity"); capacity != nullptr) {
    json::error_code error;
    const double units = capacity->to_number<double>(error);
    if (!error) operation.capacity = units;
  }
  const json::value* accesses = object->if_contains("accesses");
  if (accesses == nullptr || !accesses->is_array()) return operation;
  for (const json::value& entry : accesses->get_array()) {
    Result<Access> access = read_access(entry);
    if (!access) return tl::unexpected(access.error());
    if (operation.accesses.size() < kMaxAccesses) operation.accesses.push_back(*std::move(access));
  }
  return operation;
}

Result<TraceHead> read_head(std::string_view line) {
  const Result<json::object> object = read_object(line);
  if (!object || text_of(*object, "format") != kVersion) {
    return fail(ErrorCode::invalid_input, fmt::format("this is no recording of {}", kVersion),
                "Give a file that weir tap --record wrote");
  }
  return TraceHead{.upstream = text_of(*object, "upstream"),
                   .started = Time(microseconds(number_of(*object, "started_us"))),
                   .values = is_true(*object, "values")};
}

}  // namespace

std::string head_line(const TraceHead& head) {
  const json::object out{{"format", json::string(kVersion.data(), kVersion.size())},
                         {"upstream", head.upstream},
                         {"started_us", micros(head.started.time_since_epoch())},
                         {"values", head.values}};
  return json::serialize(out) + "\n";
}

std::string operation_line(const Operation& operation, const TraceHead& head) {
  json::object out{{"at_us", micros(operation.at - head.started)},
                   {"took_us", micros(operation.took)},
                   {"connection", operation.connection},
                   {"op", printable(operation.name)},
                   {"status", operation.status}};
  if (!operation.error.empty()) out["error"] = operation.error;
  if (operation.capacity) out["capacity"] = *operation.capacity;
  if (!operation.invocation.empty()) out["invocation"] = printable(operation.invocation);
  if (operation.attempt > 1) out["attempt"] = operation.attempt;
  if (!operation.fault.empty()) out["fault"] = operation.fault;
  if (!operation.accesses.empty()) {
    json::array accesses;
    for (const Access& access : operation.accesses) accesses.push_back(access_json(access));
    out["accesses"] = std::move(accesses);
  }
  std::string line = json::serialize(out);
  if (line.size() > kMaxLineBytes) {
    out.erase("accesses");
    out["cut"] = true;
    line = json::serialize(out);
  }
  return line + "\n";
}

Result<Trace> read_trace(std::string_view text) {
  Trace trace;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool unfinished = end == std::string_view::npos;
    text.remove_prefix(unfinished ? text.size() : end + 1);
    const std::string place = fmt::format("line {}", ++number);
    if (number == 1) {
      Result<TraceHead> head = read_head(line);
      if (!head) return tl::unexpected(head.error());
      trace.head = *std::move(head);
      continue;
    }
    Result<Operation> operation = read_operation_line(line, trace.head);
    if (!operation && unfinished) break;
    if (!operation) return tl::unexpected(std::move(operation.error()).at(place));
    if (trace.operations.size() >= kMaxOperations) {
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("the recording has more than {} operations", kMaxOperations),
                  "Record for less time");
    }
    trace.operations.push_back(*std::move(operation));
  }
  if (number == 0) return fail(ErrorCode::invalid_input, "the recording is empty");
  return trace;
}

}  // namespace weir::tap
