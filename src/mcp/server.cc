#include "mcp/server.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <exception>
#include <utility>

namespace weir::mcp {
namespace {

namespace json = boost::json;

constexpr const char* kModern = "2026-07-28";
constexpr std::array kLegacy = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
constexpr const char* kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr const char* kServerInfoKey = "io.modelcontextprotocol/serverInfo";
constexpr int kCacheMilliseconds = 3'600'000;  // the tools are the same as long as the program is

constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kInternalError = -32603;
constexpr int kUnsupportedProtocolVersion = -32022;

// Ends a request with a JSON-RPC error; answer() catches it.
struct Refusal {
  int code;
  std::string message;
  json::value data = nullptr;
};

json::object error_answer(const json::value& id, const Refusal& refusal) {
  json::object error{{"code", refusal.code}, {"message", refusal.message}};
  if (!refusal.data.is_null()) error["data"] = refusal.data;
  json::object answer{{"jsonrpc", "2.0"}};
  if (!id.is_null()) answer["id"] = id;
  answer["error"] = std::move(error);
  return answer;
}

bool is_id(const json::value& value) {
  return value.is_string() || value.is_int64() || value.is_uint64();
}

json::array supported_versions() {
  json::array versions{kModern};
  for (const char* version : kLegacy) versions.push_back(json::string(version));
  return versions;
}

json::object capabilities() {
  return {{"tools", json::object{}}};
}

}  // namespace

struct Server::Request {
  std::string_view method;
  json::object params;
  bool modern = false;  // it says its protocol version itself
};

Server::Server(About about, std::vector<Tool> tools)
    : about_(std::move(about)), tools_(std::move(tools)) {}

std::optional<std::string> Server::answer(std::string_view line) {
  json::value id;
  try {
    if (line.size() > kMaxLineBytes) throw Refusal{kInvalidRequest, "The message is too long"};
    json::parse_options options;
    options.max_depth = kMaxDepth;
    boost::system::error_code failed;
    json::value message = json::parse(line, failed, {}, options);
    if (failed) throw Refusal{kParseError, "Not JSON"};
    json::object* const object = message.if_object();
    if (object == nullptr) throw Refusal{kInvalidRequest, "Not one JSON-RPC message"};
    const json::value* const given_id = object->if_contains("id");
    const json::value* const method = object->if_contains("method");
    if (given_id != nullptr && is_id(*given_id)) id = *given_id;
    const json::value* const version = object->if_contains("jsonrpc");
    if (version == nullptr || *version != "2.0" || method == nullptr || !method->is_string()) {
      throw Refusal{kInvalidRequest, "Not a JSON-RPC 2.0 request"};
    }
    if (given_id == nullptr) return std::nullopt;  // a notification
    if (id.is_null()) throw Refusal{kInvalidRequest, "The id is neither a text nor a whole number"};

    Request request;
    request.method = method->get_string();
    if (json::value* params = object->if_contains("params")) {
      if (!params->is_object()) throw Refusal{kInvalidParams, "params is not an object"};
      request.params = std::move(params->get_object());
    }
    if (const json::value* meta = request.params.if_contains("_meta")) {
      if (!meta->is_object()) throw Refusal{kInvalidParams, "_meta is not an object"};
      if (const json::value* asked = meta->get_object().if_contains(kVersionKey)) {
        if (*asked != kModern) {
          throw Refusal{kUnsupportedProtocolVersion, "Unsupported protocol version",
                        json::object{{"supported", supported_versions()}, {"requested", *asked}}};
        }
        request.modern = true;
      }
    }
    json::object result = result_of(request);
    if (request.modern) result["resultType"] = "complete";
    return json::serialize(
        json::object{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
  } catch (const Refusal& refusal) {
    return json::serialize(error_answer(id, refusal));
  } catch (const std::exception&) {
    return json::serialize(error_answer(id, {kInternalError, "The request failed"}));
  }
}

json::object Server::result_of(const Request& request) {
  if (request.method == "initialize" && !request.modern) return initialize(request);
  if (request.method == "ping" && !request.modern) return {};
  if (request.method == "server/discover") {
    if (!request.modern) throw Refusal{kInvalidParams, "_meta holds no protocol version"};
    return discover();
  }
  if (!request.modern && !initialized_) {
    throw Refusal{kInvalidRequest, "Send initialize first, or a protocol version in _meta"};
  }
  if (request.method == "tools/list") return list_tools(request);
  if (request.method == "tools/call") return call_tool(request);
  throw Refusal{kMethodNotFound, "There is no such method"};
}

json::object Server::initialize(const Request& request) {
  const json::value* const asked = request.params.if_contains("protocolVersion");
  if (asked == nullptr || !asked->is_string()) {
    throw Refusal{kInvalidParams, "protocolVersion is missing"};
  }
  const bool known =
      std::find(kLegacy.begin(), kLegacy.end(), asked->get_string()) != kLegacy.end();
  initialized_ = true;
  return {{"protocolVersion", known ? *asked : json::value(kLegacy.front())},
          {"capabilities", capabilities()},
          {"serverInfo", json::object{{"name", about_.name}, {"version", about_.version}}},
          {"instructions", about_.instructions}};
}

json::object Server::discover() const {
  return {{"supportedVersions", supported_versions()},
          {"capabilities", capabilities()},
          {"instructions", about_.instructions},
          {"ttlMs", kCacheMilliseconds},
          {"cacheScope", "public"},
          {"_meta", json::object{{kServerInfoKey, json::object{{"name", about_.name},
                                                               {"version", about_.version}}}}}};
}

json::object Server::list_tools(const Request& request) const {
  if (request.params.contains("cursor")) throw Refusal{kInvalidParams, "There is one page only"};
  json::array tools;
  for (const Tool& tool : tools_) {
    tools.push_back(json::object{{"name", tool.name},
                                 {"title", tool.title},
                                 {"description", tool.description},
                                 {"inputSchema", tool.input_schema},
                                 {"outputSchema", tool.output_schema},
                                 {"annotations", tool.annotations}});
  }
  json::object result{{"tools", std::move(tools)}};
  if (request.modern) {
    result["ttlMs"] = kCacheMilliseconds;
    result["cacheScope"] = "public";
  }
  return result;
}

json::object Server::call_tool(const Request& request) const {
  const json::value* const name = request.params.if_contains("name");
  const auto tool = std::find_if(tools_.begin(), tools_.end(), [name](const Tool& each) {
    return name != nullptr && name->is_string() && name->get_string() == each.name;
  });
  if (tool == tools_.end()) throw Refusal{kInvalidParams, "There is no such tool"};
  json::object arguments;
  if (const json::value* given = request.params.if_contains("arguments")) {
    if (!given->is_object()) throw Refusal{kInvalidParams, "arguments is not an object"};
    arguments = given->get_object();
  }
  const auto structured = tool->call(arguments);
  if (!structured) {
    const json::object words{{"error", structured.error().message},
                             {"cure", structured.error().cure}};
    return {
        {"content", json::array{json::object{{"type", "text"}, {"text", json::serialize(words)}}}},
        {"isError", true}};
  }
  return {{"content",
           json::array{json::object{{"type", "text"}, {"text", json::serialize(*structured)}}}},
          {"structuredContent", *structured},
          {"isError", false}};
}

}  // namespace weir::mcp
