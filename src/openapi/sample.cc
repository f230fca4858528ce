#include "openapi/sample.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "openapi/document.h"

namespace weir::openapi {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxTextLength = 4'096;  // of a made-up text with a minLength
constexpr std::size_t kMaxItems = 64;          // of a made-up list with a minItems

std::optional<double> number_of(const Node& schema, std::string_view key) {
  const Node* node = schema.find(key);
  if (node == nullptr || node->kind != NodeKind::number) return std::nullopt;
  double number = 0;
  const char* const end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::size_t count_of(const Node& schema, std::string_view key) {
  const std::optional<double> number = number_of(schema, key);
  return number && *number > 0 ? static_cast<std::size_t>(std::min(*number, 1e9)) : 0;
}

// A list of types (3.1) may hold "null" beside the one that matters.
std::string_view type_of(const Node& schema) {
  const Node* type = schema.find("type");
  if (type != nullptr && type->kind == NodeKind::text) return type->text;
  if (type != nullptr && type->kind == NodeKind::list) {
    for (const Child& each : type->children) {
      if (each.node->kind == NodeKind::text && each.node->text != "null") return each.node->text;
    }
  }
  if (schema.find("properties") != nullptr) return "object";
  if (schema.find("items") != nullptr) return "array";
  if (schema.find("minimum") != nullptr || schema.find("maximum") != nullptr) return "number";
  if (schema.find("format") != nullptr || schema.find("pattern") != nullptr) return "string";
  return {};
}

bool is_true(const Node& schema, std::string_view key) {
  return schema.text_of(key) == "true";
}

Sample number(const Node& schema, bool whole) {
  std::optional<double> low = number_of(schema, "minimum");
  // exclusiveMinimum is a flag up to 3.0 and a number from 3.1 on.
  bool exclusive = low && is_true(schema, "exclusiveMinimum");
  if (const auto bound = number_of(schema, "exclusiveMinimum"); bound && (!low || *bound >= *low)) {
    low = bound;
    exclusive = true;
  }
  double value = low.value_or(1);
  if (const auto high = number_of(schema, "maximum"); !low && high && *high < value) value = *high;
  if (whole) value = std::ceil(value);
  if (exclusive && value <= *low) value = *low + (whole ? 1 : 0.5);
  if (const auto step = number_of(schema, "multipleOf"); step && *step > 0) {
    value = std::ceil(value / *step) * *step;
    if (exclusive && value <= *low) value += *step;
  }
  const Ground ground = low ? Ground::bounded : Ground::derived;
  if (std::abs(value) < 9e15 && value == std::floor(value)) {
    return {static_cast<std::int64_t>(value), ground};
  }
  return {value, ground};
}

std::string_view text_by_format(std::string_view format) {
  constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
      {"email", "user@example.com"},
      {"idn-email", "user@example.com"},
      {"password", "correct horse battery"},
      {"uuid", "00000000-0000-4000-8000-000000000001"},
      {"date", "2026-01-31"},
      {"date-time", "2026-01-31T12:00:00Z"},
      {"time", "12:00:00Z"},
      {"duration", "PT1H"},
      {"uri", "https://example.com/"},
      {"url", "https://example.com/"},
      {"iri", "https://example.com/"},
      {"uri-reference", "/example"},
      {"hostname", "example.com"},
      {"ipv4", "192.0.2.1"},
      {"ipv6", "2001:db8::1"},
      {"byte", "ZXhhbXBsZQ=="},
      {"binary", "example"},
  };
  for (const auto& [name, text] : kFormats) {
    if (name == format) return text;
  }
  return {};
}

std::optional<Sample> text(const Node& schema) {
  const std::string_view formatted = text_by_format(schema.text_of("format"));
  std::string value(formatted.empty() ? std::string_view("example") : formatted);
  const std::size_t least = count_of(schema, "minLength");
  if (least > kMaxTextLength) return std::nullopt;
  if (value.size() < least) value.append(least - value.size(), 'x');
  if (schema.find("maxLength") != nullptr) {
    value.resize(std::min(value.size(), count_of(schema, "maxLength")));
  }
  const bool is_known = schema.find("pattern") == nullptr;
  return Sample{json::value(value), is_known ? Ground::derived : Ground::guessed};
}

// Two samples as one: objects are joined, otherwise the first one stands.
void join(std::optional<Sample>& whole, std::optional<Sample> part) {
  if (!part) return;
  if (!whole) {
    whole = std::move(part);
  } else if (whole->value.is_object() && part->value.is_object()) {
    for (auto& [key, value] : part->value.get_object()) {
      whole->value.get_object().insert_or_assign(key, std::move(value));
    }
    whole->ground = std::min(whole->ground, part->ground);
  }
}

}  // namespace

std::optional<Sample> Sampler::of_schema(const Node* schema) {
  spent_ = 0;
  std::optional<Sample> sample = made(schema, 0);
  return spent_ > kMaxSampleBytes ? std::nullopt : std::move(sample);
}

std::optional<json::value> Sampler::of_value(const Node& value) {
  spent_ = 0;
  return copied(value, 0);
}

bool Sampler::spend(std::size_t bytes) {
  spent_ = std::min(spent_ + bytes + 1, kMaxSampleBytes + 1);
  return spent_ <= kMaxSampleBytes;
}

std::optional<Sample> Sampler::made(const Node* schema, int depth) {
  if (depth > kMaxSampleDepth || !spend(0)) return std::nullopt;
  schema = reading_.resolve(schema);
  if (schema == nullptr) return std::nullopt;
  if (schema->kind == NodeKind::boolean) return Sample{json::value("example"), Ground::guessed};
  if (schema->kind != NodeKind::map) return std::nullopt;
  if (std::find(open_.begin(), open_.end(), schema) != open_.end()) return std::nullopt;

  open_.push_back(schema);
  std::optional<Sample> sample = stated(*schema, depth);
  if (!sample) sample = joined(*schema, depth);
  if (!sample) sample = by_type(*schema, depth);
  open_.pop_back();
  return sample;
}

std::optional<Sample> Sampler::stated(const Node& schema, int depth) {
  const auto as_stated = [&](const Node* value) -> std::optional<Sample> {
    if (value == nullptr) return std::nullopt;
    std::optional<json::value> copy = copied(*value, depth);
    if (!copy) return std::nullopt;
    return Sample{std::move(*copy), Ground::stated};
  };
  for (const std::string_view key :
       {"example", "x-example", "examples", "const", "default", "enum"}) {
    const Node* value = schema.find(key);
    if (value != nullptr && (key == "examples" || key == "enum")) {
      value = value->kind == NodeKind::list && !value->children.empty() ? value->children[0].node
                                                                        : nullptr;
    }
    if (std::optional<Sample> sample = as_stated(value)) return sample;
  }
  return std::nullopt;
}

std::optional<Sample> Sampler::joined(const Node& schema, int depth) {
  std::optional<Sample> whole;
  if (const Node* parts = schema.find("allOf"); parts && parts->kind == NodeKind::list) {
    for (const Child& part : parts->children) {
      if (!spend(0)) return std::nullopt;
      join(whole, made(part.node, depth + 1));
    }
  }
  for (const std::string_view key : {"oneOf", "anyOf"}) {
    const Node* branches = schema.find(key);
    if (branches == nullptr || branches->kind != NodeKind::list) continue;
    for (const Child& branch : branches->children) {
      if (!spend(0)) return std::nullopt;
      std::optional<Sample> sample = made(branch.node, depth + 1);
      if (!sample || sample->value.is_null()) continue;
      join(whole, std::move(sample));
      break;
    }
  }
  if (whole && whole->value.is_object() && schema.find("properties") != nullptr) {
    join(whole, object(schema, depth));
  }
  return whole;
}

std::optional<Sample> Sampler::by_type(const Node& schema, int depth) {
  const std::string_view type = type_of(schema);
  if (type == "object") return object(schema, depth);
  if (type == "array") return list(schema, depth);
  if (type == "integer") return number(schema, true);
  if (type == "number") return number(schema, false);
  if (type == "boolean") return Sample{json::value(true), Ground::derived};
  if (type == "null") return Sample{json::value(nullptr), Ground::derived};
  if (type == "string") return text(schema);
  if (type.empty()) return Sample{json::value("example"), Ground::guessed};
  return std::nullopt;  // "file", or a type that there is not
}

std::optional<Sample> Sampler::object(const Node& schema, int depth) {
  std::unordered_set<std::string_view> required;
  if (const Node* names = schema.find("required"); names && names->kind == NodeKind::list) {
    for (const Child& name : names->children) {
      reading_.step();
      required.insert(name.node->text);
    }
  }
  Sample sample{json::object(), Ground::stated};
  const Node* properties = schema.find("properties");
  if (properties == nullptr || properties->kind != NodeKind::map) {
    sample.ground = Ground::derived;
    return sample;
  }
  for (const Child& property : properties->children) {
    reading_.step();
    const bool is_required = required.count(property.key) != 0;
    if (!required.empty() && !is_required) continue;
    const Node* resolved = reading_.resolve(property.node);
    if (resolved != nullptr && is_true(*resolved, "readOnly")) continue;
    std::optional<Sample> value = made(resolved, depth + 1);
    if (!value && is_required) return std::nullopt;
    if (!value) continue;
    if (!spend(property.key.size())) return std::nullopt;
    sample.ground = std::min(sample.ground, value->ground);
    sample.value.get_object().insert_or_assign(property.key, std::move(value->value));
  }
  return sample;
}

std::optional<Sample> Sampler::list(const Node& schema, int depth) {
  const std::size_t least = count_of(schema, "minItems");
  if (least > kMaxItems) return std::nullopt;
  std::optional<Sample> item = made(schema.find("items"), depth + 1);
  Sample sample{json::array(), item ? item->ground : Ground::derived};
  if (!item) return least == 0 ? std::optional(sample) : std::nullopt;
  const std::size_t bytes = json::serialize(item->value).size();
  for (std::size_t i = 0; i < std::max<std::size_t>(least, 1); ++i) {
    if (!spend(bytes)) return std::nullopt;
    sample.value.get_array().push_back(item->value);
  }
  return sample;
}

std::optional<json::value> Sampler::copied(const Node& value, int depth) {
  reading_.step();
  if (depth > kMaxSampleDepth || !spend(value.text.size())) return std::nullopt;
  switch (value.kind) {
    case NodeKind::null:
      return json::value(nullptr);
    case NodeKind::boolean:
      return json::value(value.text == "true");
    case NodeKind::number: {
      boost::system::error_code error;
      json::value number = json::parse(value.text, error);
      return error ? json::value(value.text) : std::move(number);
    }
    case NodeKind::text:
      return json::value(value.text);
    case NodeKind::list: {
      json::array list;
      for (const Child& child : value.children) {
        std::optional<json::value> item = copied(*child.node, depth + 1);
        if (!item) return std::nullopt;
        list.push_back(std::move(*item));
      }
      return json::value(std::move(list));
    }
    case NodeKind::map: {
      json::object map;
      for (const Child& child : value.children) {
        std::optional<json::value> item = copied(*child.node, depth + 1);
        if (!item || !spend(child.key.size())) return std::nullopt;
        map.emplace(child.key, std::move(*item));
      }
      return json::value(std::move(map));
    }
  }
  return std::nullopt;
}

}  // namespace weir::openapi
