#include "scan/experiment/prompt.h"

#include <array>
#include <boost/json.hpp>

namespace weir::scan {
namespace {

namespace json = boost::json;

constexpr std::array<const char*, 7> kMembers = {"prompt", "input", "message", "question",
                                                 "query",  "text",  "content"};

std::optional<json::object> object_of(const Request& request) {
  if (!request.body) return std::nullopt;
  json::error_code error;
  json::value value = json::parse(*request.body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

json::array* turns_of(json::object& body) {
  json::value* messages = body.if_contains("messages");
  if (messages == nullptr || !messages->is_array()) return nullptr;
  json::array& turns = messages->get_array();
  if (turns.empty() || !turns.back().is_object()) return nullptr;
  const json::value* content = turns.back().get_object().if_contains("content");
  return content != nullptr && content->is_string() ? &turns : nullptr;
}

// The string that holds the text; null: there is none.
json::string* text_in(json::object& body) {
  if (json::array* turns = turns_of(body)) {
    return &turns->back().get_object().at("content").get_string();
  }
  for (const char* name : kMembers) {
    json::value* member = body.if_contains(name);
    if (member != nullptr && member->is_string()) return &member->get_string();
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> prompt_of(const Request& request) {
  auto body = object_of(request);
  const json::string* text = body ? text_in(*body) : nullptr;
  if (text == nullptr) return std::nullopt;
  return std::string(*text);
}

Request with_prompt(const Request& request, std::string_view text) {
  Request changed = request;
  auto body = object_of(request);
  json::string* place = body ? text_in(*body) : nullptr;
  if (place == nullptr) return changed;
  *place = text;
  changed.body = json::serialize(*body);
  return changed;
}

std::optional<Request> with_system_turn(const Request& request, std::string_view text) {
  auto body = object_of(request);
  json::array* turns = body ? turns_of(*body) : nullptr;
  if (turns == nullptr) return std::nullopt;
  turns->insert(turns->begin(), json::object{{"role", "system"}, {"content", text}});
  Request changed = request;
  changed.body = json::serialize(*body);
  return changed;
}

}  // namespace weir::scan
