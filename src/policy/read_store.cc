#include "policy/read_store.h"

#include <algorithm>
#include <array>

namespace weir::policy {
namespace {

using YAML::Node;

constexpr std::array<std::string_view, 3> kKinds = {"memory", "dynamodb", "shared"};
enum Kind : std::size_t { kMemory, kDynamoDb, kShared };

// Which kinds of store have a field.
struct FieldOf {
  std::string name;
  std::vector<std::size_t> kinds;
};

bool is_visible(const std::string& text, char from) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c >= from && c < 0x7f; });
}

}  // namespace

std::optional<StoreConfig> read_store(const Node& node, FieldReader& fields) {
  DynamoDbStore dynamodb;
  SharedStore shared;
  std::optional<std::size_t> kind;
  bool has_kind = false;
  std::vector<FieldOf> seen;
  const auto field = [&](std::string_view name, std::vector<std::size_t> kinds,
                         std::function<void(const Node&)> read) {
    return Field{
        name, [&seen, name, kinds = std::move(kinds), read = std::move(read)](const Node& value) {
          seen.push_back({std::string(name), kinds});
          read(value);
        }};
  };
  const auto region_into = [&](const Node& value, std::string& region) {
    fields.text_into(
        value, region, "an AWS region",
        [](const std::string& text) { return consists_of(text, "-", 1, 32); },
        "Write it as AWS does, for example eu-central-1");
  };
  const bool is_map = fields.read(
      node, "a store",
      {{"kind",
        [&](const Node& value) {
          has_kind = true;
          kind = fields.one_of(value, {kKinds.begin(), kKinds.end()});
        }},
       field("table", {kDynamoDb},
             [&](const Node& value) {
               fields.text_into(
                   value, dynamodb.table, "the name of a DynamoDB table",
                   [](const std::string& text) { return consists_of(text, "_.-", 3, 255); },
                   "Use 3 to 255 characters from a-z, A-Z, 0-9, '_', '.' and '-'");
             }),
       field("region", {kDynamoDb},
             [&](const Node& value) { region_into(value, dynamodb.region); }),
       field("authority", {kDynamoDb},
             [&](const Node& value) { region_into(value, dynamodb.authority); }),
       field("endpoint", {kDynamoDb},
             [&](const Node& value) {
               fields.text_into(
                   value, dynamodb.endpoint, "an http or https URL",
                   [](const std::string& text) {
                     return (text.starts_with("http://") || text.starts_with("https://")) &&
                            is_visible(text, '!');
                   },
                   "Write it with its scheme, for example http://127.0.0.1:8000");
             }),
       field("leases", {kDynamoDb},
             [&](const Node& value) {
               if (const auto leases = fields.truth(value)) dynamodb.leases = *leases;
             }),
       // From the root: processes with different working directories would count apart.
       field("file", {kShared},
             [&](const Node& value) {
               fields.text_into(
                   value, shared.file, "the whole path of a file",
                   [](const std::string& text) {
                     return text.starts_with('/') && !text.ends_with('/') &&
                            text.size() <= kMaxPathLength && is_visible(text, ' ');
                   },
                   "Write it from the root, for example /run/shop/weir.store");
             }),
       field("max_keys", {kShared},
             [&](const Node& value) {
               const std::optional<std::int64_t> number = fields.whole_number(value);
               if (!number) return;
               if (*number < 1 || *number > kMaxSharedKeys) {
                 fields.error(value, "a store cannot keep " + std::to_string(*number) + " keys",
                              "Use 1 to " + std::to_string(kMaxSharedKeys));
               } else {
                 shared.max_keys = *number;
               }
             }),
       field("budget", {kDynamoDb, kShared}, [&](const Node& value) {
         if (const auto budget = fields.duration(value, kMaxStoreBudget)) {
           dynamodb.budget = shared.budget = *budget;
         }
       })});
  if (!is_map) return std::nullopt;
  if (!has_kind) {
    fields.error(node, "the store has no kind", "Add kind: memory, kind: shared or kind: dynamodb");
  }
  if (!kind) return std::nullopt;
  const auto has = [&](std::string_view name) {
    return std::any_of(seen.begin(), seen.end(), [&](const FieldOf& f) { return f.name == name; });
  };
  for (const FieldOf& each : seen) {
    if (std::find(each.kinds.begin(), each.kinds.end(), *kind) != each.kinds.end()) continue;
    fields.error(node, "a " + std::string(kKinds.at(*kind)) + " store has no '" + each.name + "'",
                 "Remove it, or set kind: " + std::string(kKinds.at(each.kinds.front())));
    return std::nullopt;
  }
  switch (*kind) {
    case kDynamoDb:
      if (!has("table")) fields.error(node, "the store names no table", "Add table: NAME");
      return dynamodb;
    case kShared:
      if (!has("file")) {
        fields.error(node, "the store names no file",
                     "Add file: PATH, in a folder that this service may write to");
      }
      return shared;
    default:
      return MemoryStore{};
  }
}

}  // namespace weir::policy
