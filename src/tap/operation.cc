#include "tap/operation.h"

#include <boost/json.hpp>
#include <charconv>
#include <utility>

namespace weir::tap {
namespace {

namespace json = boost::json;
using Kind = Access::Kind;

// An item nests 32 deep at most (Constraints), and each level of it is two of JSON.
constexpr std::size_t kMaxDepth = 100;

std::optional<json::object> parse(std::string_view text) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains({name.data(), name.size()});
  if (found == nullptr || !found->is_string()) return {};
  return std::string(found->get_string());
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains({name.data(), name.size()});
  return found == nullptr ? nullptr : found->if_object();
}

const json::array* array_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains({name.data(), name.size()});
  return found == nullptr ? nullptr : found->if_array();
}

bool is_true(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains({name.data(), name.size()});
  return found != nullptr && found->is_bool() && found->get_bool();
}

// At kMaxValueBytes, but not within a character of UTF-8.
void cut_off(std::string& text) {
  if (text.size() <= kMaxValueBytes) return;
  std::size_t end = kMaxValueBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
}

// {"N":"5"}
std::optional<Value> value_of(const json::value& typed) {
  const json::object* object = typed.if_object();
  if (object == nullptr || object->size() != 1) return std::nullopt;
  const auto& [type, content] = *object->begin();
  Value value{.type = std::string(type), .text = {}};
  if (content.is_string()) {
    value.text = std::string(content.get_string());
    cut_off(value.text);
  }
  if (const json::array* list = content.if_array()) value.text = std::to_string(list->size());
  if (const json::object* map = content.if_object()) value.text = std::to_string(map->size());
  if (content.is_bool()) value.text = content.get_bool() ? "true" : "false";
  return value;
}

Item item_of(const json::object* attributes) {
  Item item;
  if (attributes == nullptr) return item;
  for (const auto& [name, typed] : *attributes) {
    if (item.size() >= kMaxAttributes) break;
    if (auto value = value_of(typed)) item.emplace(std::string(name), *std::move(value));
  }
  return item;
}

Names names_of(const json::object& request) {
  Names names;
  const json::object* given = object_of(request, "ExpressionAttributeNames");
  if (given == nullptr) return names;
  for (const auto& [name, attribute] : *given) {
    if (attribute.is_string())
      names.emplace(std::string(name), std::string(attribute.get_string()));
  }
  return names;
}

// One access, from the object that holds its parameters.
Access access_of(Kind kind, const json::object& given) {
  Access access{.kind = kind};
  access.table = text_of(given, "TableName");
  access.index = text_of(given, "IndexName");
  access.key = item_of(object_of(given, "Key"));
  access.item = item_of(object_of(given, "Item"));
  access.values = item_of(object_of(given, "ExpressionAttributeValues"));
  access.consistent = is_true(given, "ConsistentRead");
  access.returns = text_of(given, "ReturnValues");
  for (const char* old : {"Expected", "AttributeUpdates", "KeyConditions", "QueryFilter"}) {
    access.unread = access.unread || given.contains(old);
  }
  const Names names = names_of(given);
  const bool is_query = kind == Kind::query;
  const std::string condition =
      text_of(given, is_query ? "KeyConditionExpression" : "ConditionExpression");
  if (auto parsed = parse_condition(condition)) {
    resolve_names(*parsed, names);
    access.condition = *std::move(parsed);
  } else if (!condition.empty()) {
    access.unread = true;
  }
  const std::string update = text_of(given, "UpdateExpression");
  if (auto parsed = parse_update(update)) {
    resolve_names(*parsed, names);
    access.update = *std::move(parsed);
  } else if (!update.empty()) {
    access.unread = true;
  }
  return access;
}

void read_batch_get(const json::object& request, std::vector<Access>& into) {
  const json::object* tables = object_of(request, "RequestItems");
  if (tables == nullptr) return;
  for (const auto& [table, wanted] : *tables) {
    const json::object* of_table = wanted.if_object();
    const json::array* keys = of_table == nullptr ? nullptr : array_of(*of_table, "Keys");
    if (keys == nullptr) continue;
    for (const json::value& key : *keys) {
      if (into.size() >= kMaxAccesses) return;
      into.push_back({.kind = Kind::get,
                      .table = std::string(table),
                      .key = item_of(key.if_object()),
                      .consistent = is_true(*of_table, "ConsistentRead")});
    }
  }
}

void read_batch_write(const json::object& request, std::vector<Access>& into) {
  const json::object* tables = object_of(request, "RequestItems");
  if (tables == nullptr) return;
  for (const auto& [table, list] : *tables) {
    if (!list.is_array()) continue;
    for (const json::value& entry : list.get_array()) {
      const json::object* write = entry.if_object();
      if (write == nullptr || into.size() >= kMaxAccesses) continue;
      const bool is_put = write->contains("PutRequest");
      const json::object* body = object_of(*write, is_put ? "PutRequest" : "DeleteRequest");
      if (body == nullptr) continue;
      Access access = access_of(is_put ? Kind::put : Kind::remove, *body);
      access.table = std::string(table);
      into.push_back(std::move(access));
    }
  }
}

void read_transaction(const json::object& request, std::vector<Access>& into) {
  static constexpr std::pair<const char*, Kind> kActions[] = {{"Get", Kind::get},
                                                              {"Put", Kind::put},
                                                              {"Update", Kind::update},
                                                              {"Delete", Kind::remove},
                                                              {"ConditionCheck", Kind::check}};
  const json::array* items = array_of(request, "TransactItems");
  if (items == nullptr) return;
  for (const json::value& entry : *items) {
    const json::object* item = entry.if_object();
    if (item == nullptr || into.size() >= kMaxAccesses) continue;
    for (const auto& [name, kind] : kActions) {
      const json::object* action = object_of(*item, name);
      if (action == nullptr) continue;
      into.push_back(access_of(kind, *action));
      into.back().consistent = true;  // transactions read what is committed
    }
  }
}

std::vector<Access> accesses_of(std::string_view name, const json::object& request) {
  static constexpr std::pair<std::string_view, Kind> kSingle[] = {
      {"GetItem", Kind::get},       {"PutItem", Kind::put}, {"UpdateItem", Kind::update},
      {"DeleteItem", Kind::remove}, {"Query", Kind::query}, {"Scan", Kind::scan}};
  std::vector<Access> accesses;
  for (const auto& [operation, kind] : kSingle) {
    if (name == operation) accesses.push_back(access_of(kind, request));
  }
  if (name == "BatchGetItem") read_batch_get(request, accesses);
  if (name == "BatchWriteItem") read_batch_write(request, accesses);
  if (name == "TransactGetItems" || name == "TransactWriteItems") {
    read_transaction(request, accesses);
  }
  return accesses;
}

// "com.amazonaws.dynamodb.v20120810#ThrottlingException"
std::string error_of(const json::object& answer) {
  std::string type = text_of(answer, "__type");
  return type.substr(type.find('#') + 1);
}

double units(const json::value& consumed) {
  const json::object* object = consumed.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains("CapacityUnits");
  json::error_code error;
  const double number = found == nullptr ? 0 : found->to_number<double>(error);
  return error ? 0 : number;
}

void read_answer(const json::object& answer, Operation& operation) {
  operation.error = operation.succeeded() ? "" : error_of(answer);
  if (const json::value* consumed = answer.if_contains("ConsumedCapacity")) {
    double sum = 0;
    if (const json::array* all = consumed->if_array()) {
      for (const json::value& one : *all) sum += units(one);
    } else {
      sum = units(*consumed);
    }
    operation.capacity = sum;
  }
  if (operation.accesses.size() != 1) return;
  Access& access = operation.accesses.front();
  const json::object* item = object_of(answer, "Item");  // also of a failed condition
  if (item == nullptr) item = object_of(answer, "Attributes");
  access.found = item != nullptr;
  access.seen = item_of(item);
  if (const json::array* items = array_of(answer, "Items"); items != nullptr && !items->empty()) {
    access.found = true;
  }
}

}  // namespace

std::optional<double> Value::number() const {
  if (type == "S" || type == "B" || type == "BOOL" || type == "NULL") return std::nullopt;
  double parsed = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return parsed;
}

std::vector<Access> read_accesses(std::string_view name, std::string_view request) {
  const auto parsed = parse(request);
  return parsed ? accesses_of(name, *parsed) : std::vector<Access>();
}

Operation read_operation(std::string_view name, std::string_view request, int status,
                         std::string_view answer) {
  Operation operation;
  operation.name = std::string(name);
  operation.status = status;
  operation.accesses = read_accesses(name, request);
  if (const auto parsed = parse(answer)) read_answer(*parsed, operation);
  return operation;
}

const char* to_string(Access::Kind kind) {
  switch (kind) {
    case Kind::get:
      return "get";
    case Kind::query:
      return "query";
    case Kind::scan:
      return "scan";
    case Kind::put:
      return "put";
    case Kind::update:
      return "update";
    case Kind::remove:
      return "delete";
    case Kind::check:
      return "check";
  }
  return "get";
}

}  // namespace weir::tap
