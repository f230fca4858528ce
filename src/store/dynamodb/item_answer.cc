#include "store/dynamodb/item_answer.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>

namespace weir::store {
namespace {

using simdjson::SUCCESS;

// {"N":"123"}: a whole number that fits, or nullopt.
std::optional<std::int64_t> read_number(simdjson::dom::element value) {
  std::string_view text;
  if (value["N"].get(text) != SUCCESS) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Item> read_item(const simdjson::dom::object& object) {
  Item item;
  for (const auto& [name, value] : object) {
    if (!is_of_state(name)) continue;
    const std::optional<std::int64_t> number = read_number(value);
    if (!number) return not_ours(fmt::format("'{}' is not a whole number", name));
    item.set(AttributeName(name), *number);
  }
  return item;
}

}  // namespace

Result<ItemAnswer> parse_item_answer(const std::string& body, std::string_view member) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(body).get(document) != SUCCESS || !document.is_object()) {
    return fail(ErrorCode::unavailable, "DynamoDB's answer is not a JSON object",
                "check the endpoint URL");
  }
  ItemAnswer answer;
  double units = 0;
  if (document["ConsumedCapacity"]["CapacityUnits"].get(units) == SUCCESS && units > 0 &&
      units < 1e6) {
    answer.consumed_units = units;
  }
  simdjson::dom::object object;
  if (document[member].get(object) == SUCCESS && object.size() > 0) {
    const Result<Item> item = read_item(object);
    if (!item) return tl::unexpected(item.error());
    Result<StoredState> state = read_state(*item);
    if (!state) return tl::unexpected(state.error());
    answer.state = std::move(*state);
  }
  return answer;
}

}  // namespace weir::store
