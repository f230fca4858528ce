#include "scan/limit_model/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

namespace weir::scan {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxShapeDepth = 4;
constexpr std::size_t kMaxShapeKeys = 64;
constexpr std::size_t kMaxTextShape = 512;

// Fields whose value, not only whose presence, tells a success from a refusal.
bool tells_outcome(std::string_view key) {
  static constexpr std::array<std::string_view, 7> kKeys = {"status", "code", "error", "success",
                                                            "ok",     "type", "errors"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// Digits and the like become one sign, so that counters, times and ids do not count.
std::string without_numbers(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit) {
      result += c;
    } else if (result.empty() || result.back() != '#') {
      result += '#';
    }
    if (result.size() >= kMaxTextShape) break;
  }
  return result;
}

void append_shape(const json::value& value, std::size_t depth, std::string& shape) {
  if (depth == kMaxShapeDepth) return;
  if (const json::array* list = value.if_array()) {
    shape += '[';
    if (!list->empty()) append_shape(list->front(), depth + 1, shape);
    shape += ']';
    return;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return;
  std::vector<std::string> keys;
  for (const auto& member : *object) keys.emplace_back(member.key());
  std::sort(keys.begin(), keys.end());
  if (keys.size() > kMaxShapeKeys) keys.resize(kMaxShapeKeys);
  shape += '{';
  for (const std::string& key : keys) {
    const json::value& member = object->at(key);
    shape += key;
    if (depth == 0 && member.is_bool()) shape += member.get_bool() ? "=true" : "=false";
    if (depth == 0 && tells_outcome(key)) {
      if (member.is_string()) shape += "=" + without_numbers(member.get_string());
      if (member.is_int64()) shape += fmt::format("={}", member.get_int64());
    }
    append_shape(member, depth + 1, shape);
    shape += ';';
  }
  shape += '}';
}

std::string media_type(const Response& response) {
  std::string_view type = find_header(response.headers, "Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  std::string result;
  for (const char c : type) {
    if (c != ' ') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

}  // namespace

Signature signature_of(const Response& response) {
  Signature signature{response.status, media_type(response) + " "};
  json::error_code error;
  json::value value;
  if (!response.truncated && !response.body.empty()) {
    value = json::parse(response.body, error);
    if (!error && value.is_structured()) {
      append_shape(value, 0, signature.shape);
      return signature;
    }
  }
  signature.shape += without_numbers(response.body);
  return signature;
}

void RefusalModel::learn_admitted(const Response& response) {
  admitted_ = signature_of(response);
  example_ = response;
}

void RefusalModel::learn_refused(const Response& response) {
  refused_ = signature_of(response);
}

Outcome RefusalModel::classify(const Response& response) const {
  if (!response.ok()) return Outcome::failed;
  const Signature signature = signature_of(response);
  if (refused_) {
    // A 429 says what it is (RFC 6585 §4); of other statuses only the same answer counts.
    if (refused_->status == 429 && response.status == 429) return Outcome::refused;
    if (signature == *refused_) return Outcome::refused;
  } else if (response.status == 429) {
    return Outcome::refused;
  }
  if (admitted_ && response.status == admitted_->status) {
    // Where both share a status, only the body tells them apart.
    const bool shared = refused_ && refused_->status == admitted_->status;
    return !shared || signature == *admitted_ ? Outcome::admitted : Outcome::other;
  }
  return Outcome::other;
}

bool RefusalModel::same_document(const Response& response) const {
  return response.ok() && admitted_ && signature_of(response) == *admitted_;
}

bool RefusalModel::same_head(const Response& response) const {
  if (!response.ok() || !admitted_ || response.status != admitted_->status) return false;
  if (refused_ && refused_->status == admitted_->status) return false;
  return admitted_->shape.starts_with(media_type(response) + " ");
}

std::string RefusalModel::describe_refusal() const {
  if (!refused_) return "none seen";
  if (refused_->status == 429) return "429";
  if (admitted_ && refused_->status == admitted_->status) {
    return fmt::format("{} with another body", refused_->status);
  }
  return fmt::format("{} {}", refused_->status,
                     refused_->shape.substr(0, refused_->shape.find(' ')));
}

}  // namespace weir::scan
