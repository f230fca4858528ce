#include "store/dynamodb/item.h"

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

tl::unexpected<Error> not_ours(std::string_view what) {
  return fail(ErrorCode::invalid_input,
              fmt::format("an item of the table is not one of Weir's: {}", what),
              "give Weir a table of its own: weir table create");
}

Result<StoredState> read_state(const simdjson::dom::object& item) {
  StoredState state;
  state.window.newest = limit::kNeverCharged;
  std::int64_t packed = 0;
  bool has_slot = false;
  for (const auto& [name, value] : item) {
    if (name == "k" || name == "exp") continue;
    const bool slot = name.size() >= 2 && name.size() <= 3 && name[0] == 's';
    if (!slot && name != "g" && name != "t" && name != "w" && name != "v") continue;
    const std::optional<std::int64_t> number = read_number(value);
    if (!number) return not_ours(fmt::format("'{}' is not a whole number", name));
    if (name == "g") {
      state.window.newest = *number;
      has_slot = true;
    } else if (name == "t") {
      state.window.total = *number;
    } else if (name == "w") {
      packed = *number;
    } else if (name == "v") {
      state.version = *number;
    } else {
      std::size_t place = 0;
      const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), place);
      if (error != std::errc{} || end != name.data() + name.size()) continue;
      if (place >= state.window.counts.size() || *number < 0) return not_ours("a slot's count");
      state.window.counts[place] = *number;
    }
  }
  const std::optional<limit::Geometry> geometry = limit::Geometry::unpack(packed);
  if (!geometry || !has_slot || state.window.total < 0) return not_ours("'g', 't' or 'w'");
  // Slots that int64 arithmetic of limit/ is safe with: their start is within representable time.
  const std::int64_t furthest = INT64_MAX / geometry->slot_width().count() - 2 * limit::kMaxSlots;
  if (state.window.newest > furthest || state.window.newest < -furthest) {
    return not_ours("'g' is out of range");
  }
  state.geometry = *geometry;
  return state;
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
  simdjson::dom::object item;
  if (document[member].get(item) == SUCCESS && item.size() > 0) {
    Result<StoredState> state = read_state(item);
    if (!state) return tl::unexpected(state.error());
    answer.state = std::move(*state);
  }
  return answer;
}

}  // namespace weir::store
