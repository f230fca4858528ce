#include "openapi/properties.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace weir::openapi {
namespace {

bool is_true(const Node& node, std::string_view key) {
  return node.text_of(key) == "true";
}

class ShapeReader {
 public:
  ShapeReader(Reading& reading, BodyShape& shape) : reading_(reading), shape_(shape) {
    for (std::size_t i = 0; i < shape.properties.size(); ++i) {
      places_[shape.properties[i].name] = i;
    }
  }

  void read(const Node* schema, int depth) {
    schema = reading_.resolve(schema);
    // What leads nowhere or too deep, and the schema `true`, may hold anything.
    if (schema == nullptr || schema->kind != NodeKind::map || depth > kMaxSampleDepth) {
      shape_.open = true;
      return;
    }
    if (!seen_.insert(schema).second) return;
    bool describes = false;
    for (const std::string_view key : {"allOf", "oneOf", "anyOf"}) {
      const Node* parts = schema->find(key);
      if (parts == nullptr || parts->kind != NodeKind::list) continue;
      describes = true;
      for (const Child& part : parts->children) read(part.node, depth + 1);
    }
    if (const Node* items = schema->find("items")) {
      describes = true;
      read(items, depth + 1);
    }
    if (const Node* properties = schema->find("properties")) {
      describes = true;
      for (const Child& property : properties->children) add(property, depth);
    }
    if (const Node* rest = schema->find("additionalProperties")) {
      describes = true;
      if (rest->text != "false") shape_.open = true;
    }
    const std::string_view type = schema->text_of("type");
    const bool is_plain = !type.empty() && type != "object" && type != "array";
    if (!describes && !is_plain && schema->find("enum") == nullptr) shape_.open = true;
  }

 private:
  void add(const Child& child, int depth) {
    reading_.step();
    const Node* schema = reading_.resolve(child.node);
    const auto known = places_.find(child.key);
    if (known == places_.end() &&
        (shape_.properties.size() == kMaxProperties || child.key.size() > kMaxNameBytes)) {
      shape_.open = true;
      return;
    }
    if (known == places_.end()) {
      places_[child.key] = shape_.properties.size();
      shape_.properties.push_back({child.key, true, true});
    }
    Property& property = shape_.properties[places_[child.key]];
    // Where a name is declared several times, it is only what all of them say.
    property.read_only = property.read_only && schema != nullptr && is_true(*schema, "readOnly");
    property.write_only = property.write_only && schema != nullptr && is_true(*schema, "writeOnly");
    read(schema, depth + 1);
  }

  Reading& reading_;
  BodyShape& shape_;
  std::unordered_map<std::string, std::size_t> places_;  // in shape_.properties
  std::unordered_set<const Node*> seen_;
};

}  // namespace

void read_shape(const Node* schema, Reading& reading, BodyShape& shape) {
  ShapeReader(reading, shape).read(schema, 0);
}

}  // namespace weir::openapi
